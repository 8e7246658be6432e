using System.CommandLine;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using CavMae.Retrieval.Cli.Evaluating;
using CavMae.Retrieval.Cli.Hosting;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Ingest;
using CavMae.Retrieval.Media;
using CavMae.Retrieval.Search;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace CavMae.Retrieval.Cli.Commands;

/// <summary><c>cavmae evaluate PATH</c>: how well the model finds the pictures of a sound and the sound of pictures, by the service's own way.</summary>
internal static class EvaluateCommand
{
    public static Command Create()
    {
        Argument<string> path = new("PATH") { Description = "Folder of clips that have sound and pictures, or a CAV-MAE data set file (JSON)." };
        Option<bool> json = new("--json") { Description = "Print the result as JSON; recalls are shares, 0 to 1." };
        Command command = new("evaluate", "Measures retrieval: R@1, R@5, R@10 and median rank of the true partner, in both directions. Uses a temporary data folder unless --data names one, which is kept.") { path, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, parsed.GetRequiredValue(path), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string path, bool asJson, CancellationToken cancellationToken)
    {
        if (!Path.Exists(path))
            throw new BadUseException($"There is no '{path}'. Nothing was evaluated.");
        Terminal terminal = Terminal.For(parsed.InvocationConfiguration);
        using EvaluationFolder folder = new(parsed.GetValue(CommonOptions.Data), terminal.Error);
        try
        {
            EvaluationSet set = await EvaluationSet.FindAsync(path, folder.FullPath, cancellationToken).ConfigureAwait(false);
            await using RetrievalSession session = await RetrievalSession.OpenAsync(parsed, mustExist: false, cancellationToken, folder.FullPath).ConfigureAwait(false);
            EvaluationAnswer? answer = await EvaluateAsync(session.Services, set, folder, terminal, cancellationToken).ConfigureAwait(false);
            if (answer is null)
            {
                terminal.Error.WriteLine($"'{path}' has no pair of sound and pictures: there is nothing to evaluate.");
                return ExitCode.Failed;
            }
            if (asJson)
                terminal.Output.WriteLine(answer.ToJson());
            else
                EvaluationTable.Write(terminal.Console, answer);
            return answer.HasUnreadable ? ExitCode.Failed : ExitCode.Done;
        }
        catch (OperationCanceledException)
        {
            terminal.Error.WriteLine(folder.IsKept ? $"Interrupted. What was encoded before stays in '{folder.FullPath}': the same command goes on from there." : "Interrupted. Nothing is left of it.");
            return ExitCode.Interrupted;
        }
    }

    /// <returns>Null where nothing is left to evaluate.</returns>
    private static async Task<EvaluationAnswer?> EvaluateAsync(IServiceProvider services, EvaluationSet set, EvaluationFolder folder, Terminal terminal, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        using StageTimes stages = new(services.GetRequiredService<IMeterFactory>());
        ISceneIndex index = services.GetRequiredService<ISceneIndex>();
        foreach (LeftOutFile file in set.LeftOut)
            terminal.Error.WriteLine(file);
        BlockTags blocks = await BlockTags.BeginAsync(index, folder.FullPath, cancellationToken).ConfigureAwait(false);
        PairIndexer indexer = new(services.GetRequiredService<MediaStore>(), services.GetRequiredService<ClipIngestor>(), blocks, folder.IsKept);
        int parallelism = services.GetRequiredService<IOptions<MediaOptions>>().Value.Parallelism;
        (IReadOnlyList<StoredPair> pairs, IReadOnlyList<LeftOutFile> leftOut) = await StepProgress.RunAsync(terminal, "Decoding and encoding", set.Items.Count,
            done => indexer.RunAsync(set, parallelism, file => done(file?.ToString()), cancellationToken)).ConfigureAwait(false);
        if (pairs.Count == 0)
            return null;
        long searchStart = Stopwatch.GetTimestamp();
        PairRanker ranker = new(index, pairs);
        (RecallReport audioToVideo, RecallReport videoToAudio) = await StepProgress.RunAsync(terminal, "Searching", 2 * pairs.Count, async done => (
            await ranker.RunAsync(SearchDirection.AudioToVideo, () => done(null), cancellationToken).ConfigureAwait(false),
            await ranker.RunAsync(SearchDirection.VideoToAudio, () => done(null), cancellationToken).ConfigureAwait(false))).ConfigureAwait(false);
        SceneEncoder encoder = services.GetRequiredService<SceneEncoder>();
        return new EvaluationAnswer(
            encoder.Model.ModelId, encoder.Model.Trained, encoder.Provider.ToString(), pairs.Count,
            AnswerRecall.From(audioToVideo), AnswerRecall.From(videoToAudio), AnswerRecall.ChanceOf(audioToVideo), [.. leftOut.Select(AnswerLeftOut.From)],
            AnswerSeconds.From(stages.Decode, stages.Encode, Stopwatch.GetElapsedTime(searchStart), Stopwatch.GetElapsedTime(start)));
    }
}
