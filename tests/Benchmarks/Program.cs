CavMae.Benchmarks.SearchBenchmark.Run(Console.Out); return 0;
