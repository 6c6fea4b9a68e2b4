using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Pro.DockerVersioning.Configuration.Catalog;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Git;
using Pro.DockerVersioning.Git.Context;
using Pro.DockerVersioning.Images.Building.Dockerfile;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Images;

/// <summary>Puts together what goes into a build besides the files: arguments, labels, and the identity of the whole.</summary>
internal sealed class BuildInputs
{
    private const string OwnPrefix = "pro.dockerversioning.";

    private readonly SortedDictionary<string, string> _labels = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string> _arguments = new(StringComparer.Ordinal);

    /// <summary>Gathers the inputs of one service.</summary>
    /// <exception cref="ProException">A label of the user's would hide what the image is.</exception>
    public BuildInputs(
        ServiceDefinition service,
        ImageReference repository,
        ImageBuildOptions options,
        ResolvedCommit commit,
        ProVersion version,
        BuildContext context,
        string? sourceAddress,
        string? description)
    {
        Target = options.Target ?? service.Target;
        AddArguments(service, options, commit, version, context);
        AddLabels(service, options, commit, version, context, sourceAddress);
        Identity = Hash(context, options, version);
        ArgumentsIdentity = HashOf(_arguments);
        _labels[ImageLabels.Inputs] = Identity;
        _labels[ImageLabels.Arguments] = ArgumentsIdentity;
        // Nor does where it goes change what is built.
        _labels[ImageLabels.Repository] = repository.NormalizedName;
        if (description is not null)
        {
            // A tag that came later doesn't change it either.
            _labels[ImageLabels.Description] = description;
        }
    }

    /// <summary>The stage; null for the last one.</summary>
    public string? Target { get; }

    /// <summary>The build arguments.</summary>
    public IReadOnlyDictionary<string, string> Arguments => _arguments;

    /// <summary>The labels.</summary>
    public IReadOnlyDictionary<string, string> Labels => _labels;

    /// <summary>SHA-256, in hex, of everything that decides what the image holds.</summary>
    public string Identity { get; }

    /// <summary>The same of the build arguments alone.</summary>
    public string ArgumentsIdentity { get; }

    private void AddArguments(
        ServiceDefinition service,
        ImageBuildOptions options,
        ResolvedCommit commit,
        ProVersion version,
        BuildContext context)
    {
        var declared = DockerfileInspector.Inspect(context.DockerfileText).StageArguments.ToHashSet(StringComparer.Ordinal);
        AddWhereDeclared("VERSION", version.ToString());
        AddWhereDeclared("GIT_COMMIT", commit.Sha);
        AddWhereDeclared("BUILD_DATE", Rfc3339(commit.Time));
        AddWhereDeclared("SOURCE_DATE_EPOCH", commit.Time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        foreach (var (name, value) in service.BuildArgs)
        {
            if (value is not null)
            {
                _arguments[name] = value;
            }
        }

        foreach (var (name, value) in options.BuildArgs)
        {
            _arguments[name] = value;
        }

        void AddWhereDeclared(string name, string value)
        {
            if (declared.Contains(name))
            {
                _arguments[name] = value;
            }
        }
    }

    private void AddLabels(
        ServiceDefinition service,
        ImageBuildOptions options,
        ResolvedCommit commit,
        ProVersion version,
        BuildContext context,
        string? sourceAddress)
    {
        _labels[ImageLabels.Title] = service.Name;
        if (sourceAddress is not null)
        {
            _labels[ImageLabels.Source] = sourceAddress;
        }

        foreach (var (name, value) in service.Labels.Concat(options.Labels))
        {
            _labels[name] = name.StartsWith(OwnPrefix, StringComparison.Ordinal)
                || name is ImageLabels.Version or ImageLabels.Revision or ImageLabels.Created
                ? throw ImageErrors.LabelReserved(name)
                : value;
        }

        _labels[ImageLabels.Version] = version.ToString();
        _labels[ImageLabels.Revision] = commit.Sha;
        _labels[ImageLabels.Created] = Rfc3339(commit.Time);
        _labels[ImageLabels.Service] = service.Name;
        _labels[ImageLabels.Context] = context.TreeHash;
    }

    private string Hash(BuildContext context, ImageBuildOptions options, ProVersion version)
    {
        var inputs = new
        {
            context = context.TreeHash,
            dockerfile = context.DockerfileName,
            version = version.ToString(),
            target = Target,
            arguments = _arguments,
            // Where the source was cloned from doesn't change what is built.
            labels = _labels.Where(label => label.Key != ImageLabels.Source),
            platforms = options.Platforms.Count == 0 && options.DefaultPlatform is { } platform ? [platform] : options.Platforms,
        };
        return HashOf(inputs);
    }

    private static string HashOf<T>(T value) =>
        Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(value)))).ToLowerInvariant();

    private static string Rfc3339(DateTimeOffset time) =>
        time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
