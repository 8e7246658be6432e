# syntax=docker/dockerfile:1
# docker build .                 the service on a CPU (amd64, arm64)
# docker build --target gpu .    the service on an NVIDIA GPU (amd64) with CUDA; run with --gpus all. TensorRT's libraries are not in it: for
#                                Model__ExecutionProvider=TensorRt give an image that has them as CUDA_IMAGE, and mount a bundle that was
#                                exported with --standard-operators.
#
# The demo model is built in. Another bundle is mounted in its place:
#   docker run -p 8080:8080 -v "$PWD/models/scale:/model:ro" -v cavmae:/data IMAGE

# The CUDA major version of this image must be the one that Microsoft.ML.OnnxRuntime.Gpu is built with.
ARG CUDA_IMAGE=nvidia/cuda:13.0.1-cudnn-runtime-ubuntu24.04

FROM --platform=$BUILDPLATFORM mcr.microsoft.com/dotnet/sdk:10.0 AS projects
WORKDIR /source
# Project files alone: packages are restored again when these change, not with every change of the code.
COPY .editorconfig global.json Directory.Build.props Directory.Build.targets Directory.Packages.props appsettings.json ./
COPY src/CavMae.Retrieval/*.csproj src/CavMae.Retrieval/packages.lock.json src/CavMae.Retrieval/
COPY src/CavMae.Retrieval.Api/*.csproj src/CavMae.Retrieval.Api/packages.lock.json src/CavMae.Retrieval.Api/
COPY src/CavMae.Retrieval.Cli/*.csproj src/CavMae.Retrieval.Cli/packages.lock.json src/CavMae.Retrieval.Cli/

FROM projects AS build-cpu
ARG TARGETARCH
RUN dotnet restore src/CavMae.Retrieval.Api -a $TARGETARCH \
 && dotnet restore src/CavMae.Retrieval.Cli -a $TARGETARCH
COPY src src
# Into one folder: service and command line share all their libraries.
RUN dotnet publish src/CavMae.Retrieval.Api -c Release -a $TARGETARCH --no-self-contained --no-restore -o /app \
 && dotnet publish src/CavMae.Retrieval.Cli -c Release -a $TARGETARCH --no-self-contained --no-restore -o /app

FROM projects AS build-gpu
RUN dotnet restore src/CavMae.Retrieval.Api -r linux-x64 -p:OnnxRuntimeFlavor=Gpu \
 && dotnet restore src/CavMae.Retrieval.Cli -r linux-x64 -p:OnnxRuntimeFlavor=Gpu
COPY src src
RUN dotnet publish src/CavMae.Retrieval.Api -c Release -r linux-x64 -p:OnnxRuntimeFlavor=Gpu --no-self-contained --no-restore -o /app \
 && dotnet publish src/CavMae.Retrieval.Cli -c Release -r linux-x64 -p:OnnxRuntimeFlavor=Gpu --no-self-contained --no-restore -o /app

FROM mcr.microsoft.com/dotnet/aspnet:10.0 AS dotnet

FROM ${CUDA_IMAGE} AS gpu
# The .NET runtime of the other image, which is Ubuntu 24.04 as well, and the same user.
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates ffmpeg libssl3t64 tzdata \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 1654 app \
 && useradd --uid 1654 --gid app --create-home app \
 && ln -s /usr/share/dotnet/dotnet /usr/bin/dotnet \
 && mkdir /data && chown app:app /data
COPY --from=dotnet /usr/share/dotnet /usr/share/dotnet
WORKDIR /app
COPY models/demo /model
COPY --from=build-gpu /app .
USER app
ENV ASPNETCORE_URLS=http://+:8080 DOTNET_RUNNING_IN_CONTAINER=true Index__Embedded__Path=/data Model__Path=/model Model__ExecutionProvider=Cuda NVIDIA_TF32_OVERRIDE=0
EXPOSE 8080
VOLUME ["/data"]
# As in the other image; the first use of a GPU may take longer.
HEALTHCHECK --interval=30s --timeout=5s --start-period=5m \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /health/live HTTP/1.0\\r\\n\\r\\n' >&3 && read -r status <&3 && [[ $status == *' 200 '* ]]"]
ENTRYPOINT ["dotnet", "CavMae.Retrieval.Api.dll"]

# Last, and so what is built where no target is named.
FROM dotnet AS cpu
RUN apt-get update \
 && apt-get install -y --no-install-recommends ffmpeg \
 && rm -rf /var/lib/apt/lists/* \
 && mkdir /data && chown app:app /data
WORKDIR /app
COPY models/demo /model
COPY --from=build-cpu /app .
USER app
ENV ASPNETCORE_URLS=http://+:8080 Index__Embedded__Path=/data Model__Path=/model
EXPOSE 8080
VOLUME ["/data"]
# bash asks by itself: no package for it, and no second .NET process every half minute.
HEALTHCHECK --interval=30s --timeout=5s --start-period=2m \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /health/live HTTP/1.0\\r\\n\\r\\n' >&3 && read -r status <&3 && [[ $status == *' 200 '* ]]"]
ENTRYPOINT ["dotnet", "CavMae.Retrieval.Api.dll"]
