using CavMae.Checkpoints;
using CavMae.Export.Graphs;
using CavMae.Export.Tests.Support;

namespace CavMae.Export.Tests.Graphs;

/// <summary>The log-mel front end inside the graph, against the recorded features of the published implementation.</summary>
public sealed class LogMelTests(TinyModel tiny) : IClassFixture<TinyModel>
{
    private const int Frames = 1024;
    private const int MelBins = 128;

    public static TheoryData<string> Recordings =>
    [
        "bars_480x854_29.97fps_12.3s", "zoom_640x360_25fps_10s", "tone_10s", "silence_1s", "chirp_3p3s", "noise_12p7s_dc", "just_one_frame",
    ];

    public static TheoryData<string> RealRecordings => ["00W1lcxW-WU_40.000", "KlsG1EnBEjc_000361", "v_GGSY1Qvo990", "v_ZNVhz7ctTq0"];

    [Theory]
    [MemberData(nameof(Recordings))]
    public void LogMel_RecordedSound_EqualsReference(string name) => Compare(Fixtures.Golden("audio.safetensors"), name);

    [Theory]
    [MemberData(nameof(RealRecordings))]
    public void LogMel_RealSound_EqualsReference(string name) => Compare(Fixtures.RequireReal("golden", "audio.safetensors"), name);

    [Fact]
    public void LogMel_WholeRecordingsInOneBatch_EqualEachAlone()
    {
        using OnnxModel graph = tiny.Part(Modality.Audio, GraphPart.LogMelOnly);
        using var golden = SafeTensors.Open(Fixtures.Golden("audio.safetensors"));
        (float[] Waveform, long Length)[] sounds = [.. Recordings.Select(row => Sounds.FromPcm16(golden.ReadInt16(row.Data + ".pcm16")))];

        float[] together = graph.RunAudio([.. sounds.SelectMany(sound => sound.Waveform)], [.. sounds.Select(sound => sound.Length)]);

        for (int i = 0; i < sounds.Length; i++)
        {
            float[] alone = graph.RunAudio(sounds[i].Waveform, sounds[i].Length);
            Vectors.AssertClose(together.AsSpan(i * alone.Length, alone.Length), alone, Tolerances.RowDifference);
        }
    }

    private void Compare(string file, string name)
    {
        using OnnxModel graph = tiny.Part(Modality.Audio, GraphPart.LogMelOnly);
        using var golden = SafeTensors.Open(file);
        (float[] waveform, long length) = Sounds.FromPcm16(golden.ReadInt16(name + ".pcm16"));

        float[] melFirst = graph.RunAudio(waveform, length);

        var timeFirst = new float[melFirst.Length];
        for (int frame = 0; frame < Frames; frame++)
        {
            for (int mel = 0; mel < MelBins; mel++)
                timeFirst[frame * MelBins + mel] = melFirst[mel * Frames + frame];
        }
        (double mean, double max, int worst) = Vectors.Difference(timeFirst, golden.ReadFloats(name + ".fbank"));
        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: mean error {mean:g3}, maximum {max:g3}");
        Assert.True(mean <= Tolerances.LogMelMeanError, $"mean error {mean:g3}");
        Assert.True(max <= Tolerances.LogMelMaxError, $"maximum error {max:g3} at frame {worst / MelBins}, mel bin {worst % MelBins}");
    }
}
