using System.CommandLine;

namespace CavMae.Export.Commands;

/// <summary><c>cavmae-export random</c>: a checkpoint of random weights, for trying things out.</summary>
internal static class RandomCommand
{
    public static Command Create()
    {
        RandomCheckpointOptions usual = new();
        Option<int> embed = new("--embed") { Description = "Width of the encoder.", DefaultValueFactory = _ => usual.EmbedDim, HelpName = "N" };
        Option<int> modalityBlocks = new("--modality-blocks") { Description = "Blocks of each modality.", DefaultValueFactory = _ => usual.ModalityBlocks, HelpName = "N" };
        Option<int> sharedBlocks = new("--shared-blocks") { Description = "Blocks shared by both.", DefaultValueFactory = _ => usual.SharedBlocks, HelpName = "N" };
        Option<int> seed = new("--seed") { Description = "Same seed, same file.", DefaultValueFactory = _ => usual.Seed, HelpName = "N" };
        Option<string> file = new("--out") { Description = "The file to write.", Required = true, HelpName = "FILE" };

        Command command = new("random", "Writes a checkpoint of random weights (with decoder), for trying things out.")
        {
            embed, modalityBlocks, sharedBlocks, seed, file,
        };
        command.SetAction((parsed, cancellation) => Task.Run(() =>
        {
            RandomCheckpointOptions options = new()
            {
                EmbedDim = parsed.GetValue(embed),
                ModalityBlocks = parsed.GetValue(modalityBlocks),
                SharedBlocks = parsed.GetValue(sharedBlocks),
                Seed = parsed.GetValue(seed),
            };
            RandomCheckpoint.Write(parsed.GetRequiredValue(file), options, cancellation);
        }, cancellation));
        return command;
    }
}
