using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace CavMae.Model;

/// <summary>
/// The values that training starts from: Xavier-uniform matrices and no biases, patch projections as if they were matrices (their
/// biases stay the framework's), norms 1 and 0, N(0, 0.02) for the modality vectors and the mask token.
/// </summary>
internal static class InitialValues
{
    private const double VectorDeviation = 0.02;

    public static void Fill(CavMaeModel model)
    {
        using DisposeScope scope = NewDisposeScope();
        using var noGradient = no_grad();
        foreach ((_, nn.Module module) in model.named_modules())
        {
            if (module is Linear linear)
            {
                nn.init.xavier_uniform_(linear.weight!);
                linear.bias!.zero_();
            }
            else if (module is Conv2d projection)
            {
                nn.init.xavier_uniform_(projection.weight!.view(projection.weight.shape[0], -1));
            }
        }
        foreach ((string name, Parameter parameter) in model.named_parameters())
        {
            if (name is "modality_a" or "modality_v" or "mask_token" or "decoder_modality_a" or "decoder_modality_v")
                nn.init.normal_(parameter, 0, VectorDeviation);
        }
    }
}
