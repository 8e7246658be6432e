global using CavMae.Tests.Shared;
