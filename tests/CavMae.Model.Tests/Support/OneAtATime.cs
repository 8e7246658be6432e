using System.Runtime.CompilerServices;
using TorchSharp;

// torch's random generator, its count of live tensors and its threads belong to the whole process.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]

namespace CavMae.Model.Tests.Support;

internal static class OneAtATime
{
    /// <summary>The tests' models are so small that waiting for a second thread takes longer than its share of the work.</summary>
    [ModuleInitializer]
    internal static void UseOneThread() => torch.set_num_threads(1);
}
