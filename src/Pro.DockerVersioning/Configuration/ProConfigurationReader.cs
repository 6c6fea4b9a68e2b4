using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Git;
using Pro.DockerVersioning.Machine;
using Pro.DockerVersioning.Versions;
using Keys = Pro.DockerVersioning.Configuration.ProConfigurationKeys;
using Values = Pro.DockerVersioning.Configuration.ConfigurationValues;

namespace Pro.DockerVersioning.Configuration;

/// <summary>Reads <c>pro.json</c>. Strict: a typing error in a key must not silently change what is built or kept.</summary>
internal static partial class ProConfigurationReader
{
    private static readonly Dictionary<string, ProAlias> AliasNames = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Minor"] = ProAlias.Minor,
        ["Major"] = ProAlias.Major,
    };

    /// <summary>Reads the file at a tree's root; without one, the empty configuration.</summary>
    /// <exception cref="ProException">The file is wrong.</exception>
    public static ProConfiguration Read(ISourceTree tree) =>
        SourceText.Read(tree, ProConfiguration.FileName) is { } text ? Parse(text) : ProConfiguration.Empty;

    /// <summary>Reads the file on disk, at the root that <see cref="ProjectRoot"/> found; without one, the empty configuration.</summary>
    /// <exception cref="ProException">The file is wrong or can't be read.</exception>
    public static ProConfiguration ReadFromDisk(string root)
    {
        var path = Path.Combine(root, ProConfiguration.FileName);
        try
        {
            return File.Exists(path) ? Parse(SourceText.Decode(RegularFile.ReadBytes(path), path)) : ProConfiguration.Empty;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw ConfigurationErrors.CannotRead(path, exception);
        }
    }

    /// <summary>Parses the text of the file.</summary>
    /// <exception cref="ProException">It is wrong; the message names line and column.</exception>
    public static ProConfiguration Parse(string text)
    {
        var root = LocatedJson.Parse(text, ProConfiguration.FileName);
        var result = new ProConfiguration { Exists = true };
        foreach (var member in Values.Members(root, ProConfiguration.FileName, Keys.OfFile))
        {
            result = member.Name switch
            {
                Keys.Registry => result with { Registry = Values.Text(member) },
                Keys.Services => result with { Services = ReadServices(member) },
                Keys.Aliases => result with { Aliases = ReadAliases(member) },
                Keys.Protect => result with { Protect = ReadTexts(member) },
                Keys.Retention => result with
                {
                    Retention = ReadRetention(member),
                    GoneTargets = Values.Members(member.Value, member.Name).Where(IsGoneTargets)
                        .Select(Values.Duration).Cast<TimeSpan?>().FirstOrDefault(),
                },
                Keys.Environments => result with { Environments = ReadEnvironments(member) },
                Keys.History => result with { History = Values.Text(member) },
                _ => CheckSchemaReference(result, member),
            };
        }

        return result;
    }

    /// <summary>The reference to the schema is for editors; only its type matters here.</summary>
    private static ProConfiguration CheckSchemaReference(ProConfiguration configuration, LocatedJsonMember member)
    {
        _ = Values.Text(member);
        return configuration;
    }

    private static List<ServiceConfiguration> ReadServices(LocatedJsonMember services) =>
        [.. Values.Members(services.Value, services.Name).Select(ReadService)];

    private static ServiceConfiguration ReadService(LocatedJsonMember service)
    {
        var result = new ServiceConfiguration { Name = Values.Name(service, Keys.Services), At = service.At };
        foreach (var member in Values.Members(service.Value, service.Name, Keys.OfService))
        {
            result = member.Name switch
            {
                Keys.Context => result with { Context = Values.Path(member) },
                Keys.Dockerfile => result with { Dockerfile = ReadFilePath(member.Value, member.Name) },
                Keys.Target => result with { Target = Values.Text(member) },
                Keys.BuildArgs => result with { BuildArgs = ReadBuildArgs(member) },
                Keys.Order => result with { Order = Values.Choice(member.Value, member.Name, UpdateOrderText.ByWord) },
                Keys.HealthUrl => result with { HealthUrl = ReadUrl(member) },
                Keys.HealthTimeout => result with { HealthTimeout = ReadTime(member) },
                _ => result with { Image = ReadImage(member) },
            };
        }

        return result;
    }

    private static string ReadFilePath(LocatedJson value, string key) =>
        Values.Path(value, key) is { Length: > 0 } path
            ? path
            : throw ConfigurationErrors.WrongValue(key, Values.Shown(value), "a file's path", value.At);

    private static List<KeyValuePair<string, string?>> ReadBuildArgs(LocatedJsonMember arguments)
    {
        var result = new List<KeyValuePair<string, string?>>();
        foreach (var member in Values.Members(arguments.Value, arguments.Name))
        {
            var value = member.Value.Kind switch
            {
                JsonTokenType.Null => null,
                JsonTokenType.StartObject or JsonTokenType.StartArray => throw ConfigurationErrors.WrongValue(
                    member.Name, Values.Shown(member.Value), "a text, a number, true, false or null", member.Value.At),
                _ => member.Value.Text,
            };
            result.Add(new(member.Name, value));
        }

        return result;
    }

    /// <summary>The name below the registry. The tag is the version's, so none may be written.</summary>
    private static string ReadImage(LocatedJsonMember member)
    {
        var text = Values.Text(member);
        if (text.Split('/').All(ReferenceGrammar.IsPathComponent))
        {
            return text;
        }

        var name = ReferenceGrammar.Cut(text).Name.Trim('/').ToLowerInvariant();
        var right = name.Split('/').All(ReferenceGrammar.IsPathComponent) ? name : null;
        throw ConfigurationErrors.WrongImage(member.Name, text, right, member.Value.At);
    }

    private static string ReadUrl(LocatedJsonMember member)
    {
        var text = Values.Text(member);
        return Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
            ? text
            : throw ConfigurationErrors.WrongValue(
                member.Name, $"\"{UrlText.Shown(text)}\"", "a URL with http:// or https://", member.Value.At);
    }

    private static TimeSpan ReadTime(LocatedJsonMember member)
    {
        var text = Values.Text(member);
        var parts = TimeParts().Match(text);
        var time = !parts.Success ? TimeSpan.Zero : TimeSpan.FromSeconds(
            (Part(parts, "h") * 3600) + (Part(parts, "m") * 60) + Part(parts, "s"));
        return time > TimeSpan.Zero
            ? time
            : throw ConfigurationErrors.WrongValue(
                member.Name, Values.Shown(member.Value), "a time with its unit (\"90s\", \"5m\", \"1h30m\")", member.Value.At);
    }

    private static int Part(Match parts, string name) =>
        parts.Groups[name] is { Success: true } part ? int.Parse(part.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex("^((?<h>[0-9]{1,4})h)?((?<m>[0-9]{1,5})m)?((?<s>[0-9]{1,6})s)?$", RegexOptions.ExplicitCapture)]
    private static partial Regex TimeParts();

    private static ProAlias ReadAliases(LocatedJsonMember member) => Values.Items(member)
        .Select(item => Values.Choice(item, member.Name, AliasNames))
        .Aggregate(ProAlias.None, static (all, alias) => all | alias);

    private static List<string> ReadTexts(LocatedJsonMember member) =>
        [.. Values.Items(member).Select(item => Values.Text(item, member.Name))];

    private static Dictionary<string, int> ReadRetention(LocatedJsonMember retention) =>
        ReadByEnvironment(retention, Values.Count, IsGoneTargets);

    /// <summary>The one key beside the environments' names.</summary>
    private static bool IsGoneTargets(LocatedJsonMember member) => member.Name == Keys.GoneTargets;

    private static Dictionary<string, EnvironmentConfiguration> ReadEnvironments(LocatedJsonMember environments) =>
        ReadByEnvironment(environments, ReadEnvironment);

    /// <summary>Names of environments are typed at a prompt, so their case doesn't matter: "Test" and "test" are one.</summary>
    private static Dictionary<string, T> ReadByEnvironment<T>(
        LocatedJsonMember container, Func<LocatedJsonMember, T> read, Func<LocatedJsonMember, bool>? isOther = null)
    {
        var result = new Dictionary<string, T>(StringComparer.OrdinalIgnoreCase);
        var seen = new Dictionary<string, FilePosition>(StringComparer.OrdinalIgnoreCase);
        foreach (var member in Values.Members(container.Value, container.Name).Where(member => isOther?.Invoke(member) != true))
        {
            var name = Values.Name(member, container.Name);
            if (!seen.TryAdd(name, member.At))
            {
                throw ConfigurationErrors.DuplicateKey(name, member.At, seen[name]);
            }

            result.Add(name, read(member));
        }

        return result;
    }

    private static EnvironmentConfiguration ReadEnvironment(LocatedJsonMember environment)
    {
        var result = new EnvironmentConfiguration();
        foreach (var member in Values.Members(environment.Value, environment.Name, Keys.OfEnvironment))
        {
            result = member.Name switch
            {
                Keys.Engine => result with { Engine = Values.Text(member) },
                Keys.Alias => result with { Alias = ReadAlias(member) },
                _ => result with { ComposeFiles = ReadComposeFiles(member) },
            };
        }

        return result;
    }

    /// <summary>It moves both ways, at the registry too: no version, and none of the aliases that move forward only.</summary>
    private static string ReadAlias(LocatedJsonMember member)
    {
        var text = Values.Text(member);
        return ReferenceGrammar.IsTag(text) && !ProVersion.TryFromImageTag(text, out _) && !AliasPolicy.IsAlias(text)
            && !text.StartsWith("pro-previous", StringComparison.Ordinal)
                ? text
                : throw ConfigurationErrors.WrongValue(
                    member.Name, $"\"{text}\"", "a tag such as \"production\": not a version, and not latest, v1 or v1.2", member.Value.At);
    }

    private static List<string> ReadComposeFiles(LocatedJsonMember member)
    {
        if (member.Value.Kind == JsonTokenType.String)
        {
            return [ReadFilePath(member.Value, member.Name)];
        }

        return member.Value.Kind == JsonTokenType.StartArray && member.Value.Items.Count > 0
            ? [.. member.Value.Items.Select(item => ReadFilePath(item, member.Name))]
            : throw ConfigurationErrors.WrongValue(
                member.Name, Values.Shown(member.Value), "a file's path or a list of paths", member.Value.At);
    }
}
