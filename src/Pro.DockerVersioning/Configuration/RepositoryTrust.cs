using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning.Configuration;

/// <summary>A value of pro.json that somebody must agree to, since a cloned repository may hold what its author wants.</summary>
/// <param name="Key">The key: <c>environments.production.engine</c>.</param>
/// <param name="Value">What it says, as it works out here.</param>
internal sealed record TrustedValue(string Key, string Value)
{
    /// <summary>One line as it may are in a question: the value is the author's.</summary>
    public override string ToString() => PlainText.Line($"{Key} = {Value}");
}

/// <summary>
/// What the user has approved of the <c>pro.json</c> of each repository: by the repository's folder, the key and the value, in the user's
/// state folder. A value that has changed is asked for again.
/// </summary>
/// <param name="stateFolder">The user's state folder; null if the user has none, and then nothing can be approved for later.</param>
/// <param name="root">The repository's root.</param>
internal sealed class RepositoryTrust(string? stateFolder, string root)
{
    private const int MostLinks = 40;

    private string? File => stateFolder is null ? null
        : Path.Combine(stateFolder, "trust", Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(root)))[..32] + ".json");

    /// <summary>
    /// The values that need an approval: an engine by its address, unless it is the session's own, and a history outside of the
    /// repository. The name of a Docker context needs none: its address is the user's own.
    /// </summary>
    public static IReadOnlyList<TrustedValue> Needed(ProSettings settings)
    {
        var needed = new List<TrustedValue>();
        if (settings.Engine is { Origin: SettingOrigin.ChosenEnvironment or SettingOrigin.Configuration } engine
            && EngineEndpoint.IsAddress(engine.Value)
            && !EngineEndpoint.IsOwn(settings.Variables.Raw, engine.Value))
        {
            needed.Add(new TrustedValue(engine.Name, engine.Value));
        }

        var root = Path.GetFullPath(settings.Location.Root ?? settings.Location.CurrentFolder);
        if (settings.History is { Origin: SettingOrigin.Configuration } history && RealPath(history.Value) is var place
            && !IsInside(RealPath(root), place))
        {
            needed.Add(new TrustedValue(history.Name, place));
        }

        return needed;
    }

    /// <summary>Those that the user has not approved, or not with this value.</summary>
    public IReadOnlyList<TrustedValue> NotApproved(IReadOnlyList<TrustedValue> needed)
    {
        var approved = needed.Count == 0 ? [] : Read();
        return [.. needed.Where(one => !approved.TryGetValue(one.Key, out var value) || value != one.Value)];
    }

    /// <summary>Keeps an approval.</summary>
    /// <exception cref="ProException">It can't be written.</exception>
    public void Approve(IReadOnlyList<TrustedValue> values)
    {
        if (File is not { } file)
        {
            return;
        }

        var approved = Read();
        foreach (var (key, value) in values)
        {
            approved[key] = value;
        }

        try
        {
            PrivateFiles.CreateFolder(Path.GetDirectoryName(file)!);
            PrivateFiles.Write(file, JsonSerializer.Serialize(new TrustFile(root, approved), TrustContext.Default.TrustFile));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw ConfigurationErrors.TrustNotKept(file, fault);
        }
    }

    private static bool IsInside(string folder, string path) =>
        Path.GetRelativePath(folder, path) is var relative
        && relative != ".." && !relative.StartsWith(".." + Path.DirectorySeparatorChar, StringComparison.Ordinal)
        && !Path.IsPathRooted(relative);

    /// <summary>The path with the links of each folder on the way followed: a link inside of the repository may lead out of it.</summary>
    private static string RealPath(string path)
    {
        var full = Path.GetFullPath(path);
        for (var links = 0; links < MostLinks; links++)
        {
            if (FollowFirstLink(full) is not { } next)
            {
                return full;
            }

            full = next;
        }

        // A circle leads nowhere, and so not inside.
        return Path.GetPathRoot(full)!;
    }

    private static string? FollowFirstLink(string path)
    {
        var current = Path.GetPathRoot(path)!;
        var parts = path[current.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries);
        for (var index = 0; index < parts.Length; index++)
        {
            var parent = current;
            current = Path.Combine(parent, parts[index]);
            if (new FileInfo(current).LinkTarget is { } target)
            {
                return Path.GetFullPath(Path.Combine([Path.GetFullPath(target, parent), .. parts[(index + 1)..]]));
            }
        }

        return null;
    }

    private Dictionary<string, string> Read()
    {
        try
        {
            return File is { } file && System.IO.File.Exists(file)
                && JsonSerializer.Deserialize(RegularFile.ReadBytes(file), TrustContext.Default.TrustFile) is { } kept
                && kept.Repository == root
                ? new Dictionary<string, string>(kept.Approved, StringComparer.Ordinal) : [];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or JsonException)
        {
            // What can't be read approves nothing.
            return [];
        }
    }
}

/// <summary>The file.</summary>
internal sealed record TrustFile(string Repository, Dictionary<string, string> Approved);

/// <summary>The serializer that the compiler writes.</summary>
[System.Text.Json.Serialization.JsonSourceGenerationOptions(WriteIndented = true)]
[System.Text.Json.Serialization.JsonSerializable(typeof(TrustFile))]
internal sealed partial class TrustContext : System.Text.Json.Serialization.JsonSerializerContext;
