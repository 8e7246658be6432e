# syntax=docker/dockerfile:1
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
COPY . .
RUN dotnet publish src/CavMae.Retrieval.Api -c Release -o /app \
 && dotnet publish src/CavMae.Retrieval.Cli -c Release -o /app/cli

FROM mcr.microsoft.com/dotnet/aspnet:10.0
RUN apt-get update \
 && apt-get install -y --no-install-recommends ffmpeg \
 && rm -rf /var/lib/apt/lists/* \
 && mkdir /data && chown app:app /data
WORKDIR /app
COPY --from=build /app .
COPY models/demo /model
USER app
ENV ASPNETCORE_URLS=http://+:8080 Index__Embedded__Path=/data Model__Path=/model
EXPOSE 8080
VOLUME ["/data"]
# The demo model is built in. Another bundle is mounted in its place: docker run -p 8080:8080 -v "$PWD/models/scale:/model:ro" -v cavmae:/data IMAGE
ENTRYPOINT ["dotnet", "CavMae.Retrieval.Api.dll"]
