using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace CavMae.Training.Engine;

/// <summary>
/// Adam (Kingma and Ba, arXiv 1412.6980) with the L2 penalty added to the gradient. Its moments are named after their
/// parameters, so that they are saved and found again with them.
/// </summary>
internal sealed class Adam : IDisposable
{
    private const double Epsilon = 1e-8;

    private readonly double beta1, beta2, weightDecay;

    public Adam(IEnumerable<(string Name, Parameter Parameter)> parameters, double beta1, double beta2, double weightDecay)
    {
        (this.beta1, this.beta2, this.weightDecay) = (beta1, beta2, weightDecay);
        foreach ((string name, Parameter parameter) in parameters)
            Moments.Add(new Moment(name, parameter));
    }

    public List<Moment> Moments { get; } = [];

    /// <summary>Updates that were made.</summary>
    public long Updates { get; set; }

    /// <summary>Changes every parameter that has a gradient.</summary>
    public void Update(double learningRate)
    {
        using var noGradient = no_grad();
        Updates++;
        double meanCorrection = 1 - Math.Pow(beta1, Updates), squareCorrection = 1 - Math.Pow(beta2, Updates);
        foreach (Moment moment in Moments)
        {
            using DisposeScope scope = NewDisposeScope();
            Parameter parameter = moment.Parameter;
            Tensor? gradient = parameter.grad;
            if (gradient is null)
                continue;
            if (weightDecay != 0)
                gradient = gradient.add(parameter, alpha: weightDecay);
            moment.Mean.mul_(beta1).add_(gradient, alpha: 1 - beta1);
            moment.Square.mul_(beta2).addcmul_(gradient, gradient, value: 1 - beta2);
            Tensor deviation = moment.Square.sqrt().div_(Math.Sqrt(squareCorrection)).add_(Epsilon);
            parameter.addcdiv_(moment.Mean, deviation, value: -learningRate / meanCorrection);
        }
    }

    public void ClearGradients()
    {
        foreach (Moment moment in Moments)
            moment.Parameter.grad?.zero_();
    }

    public void Dispose()
    {
        foreach (Moment moment in Moments)
            moment.Dispose();
    }

    /// <summary>A parameter with the running means of its gradient and of its gradient's square.</summary>
    internal sealed class Moment(string name, Parameter parameter) : IDisposable
    {
        public string Name => name;
        public Parameter Parameter => parameter;
        public Tensor Mean { get; } = zeros_like(parameter).DetachFromDisposeScope();
        public Tensor Square { get; } = zeros_like(parameter).DetachFromDisposeScope();

        public void Dispose()
        {
            Mean.Dispose();
            Square.Dispose();
        }
    }
}
