using System.Globalization;
using System.Text.Json;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Cleaning;

/// <summary>What to clear of a build cache; what a build uses right now always stays.</summary>
/// <param name="OlderThan">Only what wasn't used for so long; null: whatever its age.</param>
/// <param name="Keep">The least recently used go until only so many bytes are left; null: none need be left.</param>
/// <param name="All">Also what is shared with images and what the engine itself keeps; else only what nothing refers to.</param>
internal sealed record BuildCacheRequest(TimeSpan? OlderThan, long? Keep, bool All);

/// <summary>Clears the build cache of the engine's own BuildKit: https://docs.docker.com/reference/api/engine/ (POST
/// /build/prune).</summary>
internal static class BuildCachePruner
{
    /// <summary>Path and query of the request. Pure.</summary>
    public static string Query(BuildCacheRequest request)
    {
        var parts = new List<string>();
        if (request.All)
        {
            parts.Add("all=1");
        }

        if (request.Keep is { } keep)
        {
            // The second name is that of API 1.48; each engine leaves out what it doesn't know.
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"keep-storage={keep}&reserved-space={keep}"));
        }

        if (request.OlderThan is { } age)
        {
            var until = string.Create(CultureInfo.InvariantCulture, $"{(long)age.TotalSeconds}s");
            var filters = JsonSerializer.Serialize(new Dictionary<string, string[]> { ["until"] = [until] });
            parts.Add("filters=" + Uri.EscapeDataString(filters));
        }

        return parts.Count == 0 ? "build/prune" : "build/prune?" + string.Join('&', parts);
    }

    /// <summary>Clears it.</summary>
    /// <exception cref="ProException">The engine can't be reached, or refuses.</exception>
    public static async Task<ProBuildCacheCleanup> RunAsync(
        EngineConnection engine, BuildCacheRequest request, CancellationToken cancellationToken)
    {
        var answer = await engine.Http.ReadAsync(HttpMethod.Post, Query(request), cancellationToken).ConfigureAwait(false);
        try
        {
            return Read(engine.Endpoint.ToString(), answer);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw EngineErrors.AnswerForeign(engine.Endpoint.ToString(), exception);
        }
    }

    /// <summary>Reads the engine's answer. Pure.</summary>
    internal static ProBuildCacheCleanup Read(string engine, byte[] answer)
    {
        using var document = JsonDocument.Parse(answer);
        var root = document.RootElement;
        return new ProBuildCacheCleanup
        {
            Engine = engine,
            Removed = root.TryGetProperty("CachesDeleted", out var gone) && gone.ValueKind == JsonValueKind.Array ? gone.GetArrayLength()
                : 0,
            BytesFreed = root.TryGetProperty("SpaceReclaimed", out var bytes) && bytes.TryGetInt64(out var freed) ? freed : 0,
        };
    }
}
