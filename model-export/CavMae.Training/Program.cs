Console.WriteLine(TorchSharp.torch.rand(3).sum().item<float>());
