using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Configuration.Compose;

/// <summary>A service of a compose project, as far as images are concerned.</summary>
internal sealed class ComposeService(string name, ComposeMapping node)
{
    /// <summary>Its key under <c>services</c>.</summary>
    public string Name { get; } = name;

    /// <summary>All that the files say of it, merged; variables as written.</summary>
    public ComposeMapping Node => node;

    /// <summary>Where it stands.</summary>
    public FilePosition At => node.At;

    /// <summary>True if compose would build it.</summary>
    public bool HasBuild => node["build"] is not null;

    /// <summary>The image as written, variables and all; null if it has none.</summary>
    public string? ImageText => (node["image"] as ComposeScalar)?.Text;

    /// <summary>The image with its variables replaced; null if it has none.</summary>
    /// <exception cref="ProException">A variable that must be set isn't.</exception>
    public string? Image => node["image"] is ComposeScalar image ? ComposeInterpolation.Expand(image) : null;

    /// <summary>False if it is in profiles and none of them is active.</summary>
    public bool IsActive => node["profiles"] is not ComposeSequence { Items.Count: > 0 } profiles
        || profiles.Items.OfType<ComposeScalar>().Any(profile => IsActiveProfile(profile));

    /// <summary>
    /// The image's name below a registry, without its tag: <c>registry/team/api:${V}</c> gives <c>team/api</c>. A tag may need variables
    /// that only a deployment has. Null if the image isn't below the registry.
    /// </summary>
    public string? ImageBelow(string registry)
    {
        if (node["image"] is not ComposeScalar image || !ImageReference.TryParse($"{registry}/x", out var below))
        {
            return null;
        }

        var prefix = below.NormalizedName[..^1];
        return ImageReference.TryParse(ReferenceGrammar.Cut(ExpandLeniently(image, registry)).Name, out var name)
            && name.NormalizedName.StartsWith(prefix, StringComparison.Ordinal)
            && name.NormalizedName.Length > prefix.Length ? name.NormalizedName[prefix.Length..] : null;
    }

    private static string ExpandLeniently(ComposeScalar image, string registry)
    {
        try
        {
            return ComposeInterpolation.Expand(image.Text, image.At, Find, tellMissing: null);
        }
        catch (ProException missing) when (missing.Id == ConfigurationErrors.VariableRequiredId)
        {
            return ComposeInterpolation.Expand(image.Text, image.At, name => Find(name) ?? "x", tellMissing: null);
        }

        string? Find(string name) =>
            image.Source.Variables.Find(name) ?? (name == ProEnvironmentVariables.RegistryName ? registry : null);
    }

    private static bool IsActiveProfile(ComposeScalar profile)
    {
        var active = (profile.Source.Variables.Find(ProEnvironmentVariables.ComposeProfilesName) ?? string.Empty)
            .Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return active.Contains("*") || active.Contains(ComposeInterpolation.Expand(profile), StringComparer.Ordinal);
    }

    /// <summary>What <c>deploy.update_config.order</c> says; null if it says nothing.</summary>
    /// <exception cref="ProException">It is neither stop-first nor start-first.</exception>
    public UpdateOrder? Order
    {
        get
        {
            if (((node["deploy"] as ComposeMapping)?["update_config"] as ComposeMapping)?["order"] is not ComposeScalar order)
            {
                return null;
            }

            var word = ComposeInterpolation.Expand(order);
            return UpdateOrderText.ByWord.TryGetValue(word, out var known) ? known
                : throw ConfigurationErrors.WrongCompose(order.At, $"order must be stop-first or start-first, not {word}");
        }
    }

    /// <summary>Reads <c>build</c>; null if compose wouldn't build the service.</summary>
    /// <exception cref="ProException">A value has the wrong type, or a variable that must be set isn't.</exception>
    public ComposeBuild? ReadBuild() => node["build"] switch
    {
        null => null,
        ComposeScalar context => new ComposeBuildReader(node, context).Read(),
        ComposeMapping build => new ComposeBuildReader(node, build).Read(),
        var other => throw ConfigurationErrors.WrongCompose(other.At, $"\"build\" must be a text or a mapping, not {other.Kind}"),
    };
}
