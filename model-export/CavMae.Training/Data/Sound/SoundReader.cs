using CavMae.Retrieval.Media;
using CavMae.Training.Data.Sets;

namespace CavMae.Training.Data.Sound;

/// <summary>Sounds from files: WAV read here, anything else decoded as the service does it. Thread-safe.</summary>
internal sealed class SoundReader(MediaDecoder decoder)
{
    /// <param name="waveform">Receives −1..1 at 16 kHz, the first channel.</param>
    /// <returns>Samples read, at least one log-mel frame.</returns>
    /// <exception cref="SampleException">The file is missing, broken, or has no sound of 25 ms.</exception>
    /// <exception cref="DatasetException">ffmpeg is needed and missing.</exception>
    public int Read(string path, Span<float> waveform)
    {
        int samples;
        try
        {
            using FileStream file = File.OpenRead(path);
            Span<byte> start = stackalloc byte[12];
            int read = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
            file.Position = 0;
            samples = WavFile.IsWav(start[..read]) ? WavFile.Read(file, waveform) : Decode(path, waveform);
        }
        catch (Exception problem) when (problem is InvalidDataException or EndOfStreamException or MediaException)
        {
            throw new SampleException($"{path} cannot be heard: {problem.Message}", problem);
        }
        catch (FfmpegUnavailableException missing)
        {
            throw new DatasetException($"{path} is no WAV file, and needs ffmpeg: {missing.Message}", missing);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new SampleException($"{path} cannot be read: {problem.Message}", problem);
        }
        return samples >= LogMel.FrameSamples ? samples : throw new SampleException($"{path} has {samples} samples of sound; at least {LogMel.FrameSamples} (25 ms) are needed.");
    }

    /// <summary>The workers are threads of their own: one that waits keeps nobody else.</summary>
    private int Decode(string path, Span<float> waveform)
    {
        PcmAudio audio = DecodeAsync(path).GetAwaiter().GetResult();
        ReadOnlySpan<short> samples = audio.Samples.Span[..Math.Min(audio.Samples.Length, waveform.Length)];
        for (int i = 0; i < samples.Length; i++)
            waveform[i] = samples[i] / 32768f;
        return samples.Length;
    }

    private async Task<PcmAudio> DecodeAsync(string path)
    {
        MediaSource source = await decoder.OpenAsync(path, CancellationToken.None).ConfigureAwait(false);
        await foreach (Scene scene in decoder.DecodeAsync(source, MediaStreams.Audio, CancellationToken.None).ConfigureAwait(false))
            return scene.Index == 0 && scene.Audio is { } audio ? audio : throw new InvalidDataException("it has no sound in its first 10 s");
        throw new InvalidDataException("it has no sound of 25 ms");
    }
}
