using System.Reflection;
using System.Runtime.CompilerServices;
using CavMae.Model.Tests.Support;
using TorchSharp;
using Xunit.v3;

// torch's random generator, its count of live tensors and its threads belong to the whole process.
[assembly: Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
[assembly: SameRandomNumbers]

namespace CavMae.Model.Tests.Support;

internal static class OneAtATime
{
    /// <summary>The tests' models are so small that waiting for a second thread takes longer than its share of the work.</summary>
    [ModuleInitializer]
    internal static void UseOneThread() => torch.set_num_threads(1);
}

/// <summary>Every test draws the same initial values, whichever tests ran before it.</summary>
[AttributeUsage(AttributeTargets.Assembly)]
internal sealed class SameRandomNumbersAttribute : BeforeAfterTestAttribute
{
    private const long Seed = 1;

    public override void Before(MethodInfo methodUnderTest, IXunitTest test) => torch.random.manual_seed(Seed);
}
