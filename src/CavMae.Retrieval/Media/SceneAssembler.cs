using System.Globalization;

namespace CavMae.Retrieval.Media;

/// <summary>Puts the planned scenes together from what ffmpeg delivers, in order, each as soon as its sound and its pictures are there.</summary>
internal sealed class SceneAssembler(DecodeJob job, DecodeStreams streams)
{
    /// <summary>How far behind the sound's end the pictures must be, to be sure that no more sound is on its way.</summary>
    private static readonly TimeSpan SoundSurelyOver = TimeSpan.FromSeconds(30);

    /// <summary>How much shorter than its packets promised the decoded sound may be.</summary>
    private static readonly TimeSpan SoundTolerance = TimeSpan.FromSeconds(1);

    private readonly ScenePlan _plan = job.Source.Plan;
    private readonly SoundWindow _sound = new(PcmAudio.SampleAt(job.Source.Streams.Origin.SoundStart));
    private readonly PictureWindow _pictures = new();
    private bool _hasSoundEnded = !job.WithSound, _havePicturesEnded = !job.WithPictures;
    private int _next;
    private bool _hasSceneWithoutOwnPicture, _hasScene;

    /// <returns>The next scene that has anything of what is wanted; null when all are made and ffmpeg has ended well.</returns>
    /// <exception cref="MediaException">Broken, OverLimit, or MissingStream where the sound is too short to be heard at all.</exception>
    public async Task<Scene?> NextAsync()
    {
        while (_next < _plan.Scenes.Count)
        {
            PlannedScene planned = _plan.Scenes[_next++];
            PcmAudio? audio = job.WithSound ? await TakeSoundAsync(planned).ConfigureAwait(false) : null;
            RgbFrame[] frames = job.WithPictures && planned.FrameSlots.Length > 0 ? await TakePicturesAsync(planned).ConfigureAwait(false) : [];
            if (audio is null && frames.Length == 0)
                continue;
            _hasScene = true;
            return new Scene(planned.Index, planned.Start, planned.End, audio, frames);
        }
        await DrainAsync().ConfigureAwait(false);
        return _hasScene ? null : throw new MediaException(MediaError.MissingStream, "The sound is shorter than 25 ms, which counts as none.");
    }

    private async Task<PcmAudio?> TakeSoundAsync(PlannedScene planned)
    {
        _sound.DropBefore(planned.FirstSample);
        while (!_hasSoundEnded && _sound.End < planned.FirstSample + PcmAudio.MaxSamples)
        {
            if (streams.TryReadSound(out short[] chunk))
                AppendSound(chunk, planned.FirstSample);
            else if (_havePicturesEnded || !IsSoundNearlyOver)
                _hasSoundEnded = !await WaitForSoundAsync().ConfigureAwait(false);
            // ffmpeg keeps the pipe open to its own end: that no more sound comes is told by how far the pictures are. Waiting for the
            // pipe alone, with a picture queue that fills up meanwhile, would wait for ever where the sound is the shorter one.
            else if (streams.TryReadPicture(out byte[] pixels))
                AddPicture(pixels);
            else if (IsSoundSurelyOver)
                break;
            else
                await streams.WaitForEitherAsync().ConfigureAwait(false);
        }
        return _sound.Take(planned);
    }

    private bool IsSoundNearlyOver => _sound.End >= PcmAudio.SampleAt(job.Source.Streams.AudioEnd - SoundTolerance);

    private bool IsSoundSurelyOver =>
        _pictures.Received > 0 && _plan.KeySeconds[_pictures.Received - 1] > (job.Source.Streams.AudioEnd + SoundSurelyOver).TotalSeconds;

    private async Task<bool> WaitForSoundAsync()
    {
        bool isThere = await streams.WaitForSoundAsync().ConfigureAwait(false);
        if (!isThere && _sound.IsUntouched)
            throw new MediaException(MediaError.Broken, "The sound cannot be decoded.");
        return isThere;
    }

    private void AppendSound(short[] chunk, long firstWanted)
    {
        MediaLimits.CheckDuration((double)(_sound.End + chunk.Length) / PcmAudio.SampleRateHz - SoundTolerance.TotalSeconds, job.Options);
        _sound.Append(chunk);
        _sound.DropBefore(firstWanted);
    }

    private async Task<RgbFrame[]> TakePicturesAsync(PlannedScene planned)
    {
        _pictures.DropBefore(planned.FrameSlots[0]);
        while (!_havePicturesEnded && _pictures.Received <= planned.FrameSlots[^1])
        {
            if (streams.TryReadPicture(out byte[] pixels))
                AddPicture(pixels);
            else
                _havePicturesEnded = !await streams.WaitForPictureAsync().ConfigureAwait(false);
            _pictures.DropBefore(planned.FrameSlots[0]);
        }
        // Of the last scene's frames some may not decode, and the last that did is the nearest. More than that is missing picture.
        bool hasOwn = _pictures.Received > planned.FrameSlots[0];
        if (_pictures.Last is null || (!hasOwn && _hasSceneWithoutOwnPicture))
            throw new MediaException(MediaError.Broken, string.Create(CultureInfo.InvariantCulture, $"The pictures cannot be decoded from {planned.Start.TotalSeconds:0.#} s on."));
        _hasSceneWithoutOwnPicture |= !hasOwn;
        return _pictures.Take(planned.FrameSlots);
    }

    private void AddPicture(byte[] pixels)
    {
        _pictures.Add(new RgbFrame(pixels));
        _havePicturesEnded = _pictures.Received == _plan.Keys.Length;
    }

    /// <summary>Reads on to the end, so that ffmpeg can end by itself and its exit status be asked for.</summary>
    private async Task DrainAsync()
    {
        do
            while (streams.TryReadSound(out short[] chunk))
                AppendSound(chunk, long.MaxValue);
        while (!_hasSoundEnded && await WaitForSoundAsync().ConfigureAwait(false));
        await streams.EnsureEndedWellAsync().ConfigureAwait(false);
    }
}
