using System.Text;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Configuration.Compose;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Machine;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Deployment.Compose.Project;

/// <summary>What became of a pin.</summary>
/// <param name="Kept">True if compose, told the same files, takes the version from now on.</param>
/// <param name="File">The file that holds it; null if none does.</param>
/// <param name="Warning">What the operator has to know or to do; null if nothing.</param>
/// <param name="Project">The project as the container's labels should name it: with the override file, if there is one.</param>
internal sealed record PinKept(bool Kept, string? File, string? Warning, RunningComposeProject Project)
{
    /// <summary>The file's content before the change; null if it was not there.</summary>
    public byte[]? Before { get; init; }

    /// <summary>Its content since.</summary>
    public byte[]? Written { get; init; }

    /// <summary>Takes the change back.</summary>
    /// <returns>False if somebody has changed the file since: then it stays.</returns>
    public async Task<bool> UndoAsync(CancellationToken cancellationToken)
    {
        var undone = true;
        if (File is not null)
        {
            await AtomicFile.ChangeAsync(
                File,
                content =>
                {
                    undone = content is not null && content.AsSpan().SequenceEqual(Written);
                    return !undone ? FileChange.None : Before is null ? FileChange.Delete : FileChange.Write(Before);
                },
                cancellationToken).ConfigureAwait(false);
        }

        return undone;
    }
}

/// <summary>
/// Makes a pin outlive the command, so that a later plain <c>up</c> doesn't undo a rollback silently. It writes only where it is certain to
/// move this one service; everywhere else the operator is told the line to change.
/// </summary>
internal sealed class PinWriter(ComposeClient client, ImagePin image)
{
    private RunningComposeProject Project => client.Project;

    private string Command => client.Program.CommandName;

    private string WillNotHold => $"The pin will not hold: a plain '{Command} up' may put {image.Service} on another version.";

    /// <summary>
    /// Keeps a pin of <see cref="ComposeClient.RenderAsync"/>. Compose is asked afterwards whether it takes it, unless it was seen to do so
    /// by the <c>.env</c> that is written.
    /// </summary>
    public Task<PinKept> PersistAsync(ComposePin pin, CancellationToken cancellationToken, DotEnvPin? foreseen = null) => pin switch
    {
        VariablePin variable => KeepVariableAsync(variable, foreseen, cancellationToken),
        OverridePin over => KeepOverrideAsync(over, cancellationToken),

        // The tag on the engine is the pin: no file of the project changes.
        AliasPin => Task.FromResult(new PinKept(true, null, null, Project)),
        _ => throw new ArgumentOutOfRangeException(nameof(pin)),
    };

    /// <summary>What keeping a pin will change, and whether a plain <c>up</c> then takes the version. Nothing is written.</summary>
    public string Forecast(ComposePin pin) => pin switch
    {
        VariablePin variable when Preview(variable).Refusal is { } refusal => $"no file is changed. {WillNotHold} {refusal}",
        VariablePin variable => $"{Project.DotEnv} gets {variable.Line}, so a plain '{Command} up' keeps it" + image.FollowedBy.Count switch
        {
            0 => "",
            1 => $", and brings {image.FollowedBy[0]} to it too, which has the same image",
            _ => $", and brings {string.Join(", ", image.FollowedBy)} to it too, which have the same image",
        },
        OverridePin over => $"{over.File} pins {over.Target}. {WillNotHold} {ImageLine(over)}",
        _ when image.PullPolicy is { } policy =>
            $"no file is changed. {WillNotHold} 'pull_policy: {policy}' brings another image at each 'up'",
        _ => $"no file is changed. A plain '{Command} up' keeps it, as the tag names it",
    };

    /// <summary>The <c>.env</c> that would keep a pin; null if it is to be left alone. Nothing is written.</summary>
    public DotEnvPin? Foresee(VariablePin pin) =>
        Preview(pin).Edited is { } edited ? new DotEnvPin(pin.Service, pin.Target, edited) : null;

    private (byte[]? Edited, string? Refusal) Preview(VariablePin pin)
    {
        if (image.ObstacleTo(pin) is { } obstacle)
        {
            return (null, obstacle);
        }

        try
        {
            return Edit(File.Exists(Project.DotEnv) ? RegularFile.Read(Project.DotEnv) : null, pin);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ProException)
        {
            return (null, exception.Message);
        }
    }

    private async Task<PinKept> KeepVariableAsync(VariablePin pin, DotEnvPin? foreseen, CancellationToken cancellationToken)
    {
        if (image.ObstacleTo(pin) is { } obstacle)
        {
            return NotKept(obstacle);
        }

        byte[]? written = null;
        string? refusal = null;
        byte[]? before;
        try
        {
            before = await AtomicFile.ChangeAsync(
                Project.DotEnv,
                content =>
                {
                    (written, refusal) = Edit(content, pin);
                    return ChangeTo(written, content);
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ProException)
        {
            return NotKept($"{exception.Message.TrimEnd('.')}. {pin.WriteInto(Project.DotEnv)}");
        }

        if (refusal is not null)
        {
            return NotKept(refusal);
        }

        var kept = new PinKept(true, Project.DotEnv, null, Project) { Before = before, Written = written };
        return foreseen is not null && written.AsSpan().SequenceEqual(foreseen.Content)
            ? kept
            : await ProvenAsync(kept, pin, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Asks compose what a plain <c>up</c> would take now: its answer is the one that counts.</summary>
    private async Task<PinKept> ProvenAsync(PinKept kept, VariablePin pin, CancellationToken cancellationToken)
    {
        string? rendered;
        try
        {
            rendered = await client.ImageAsync(image, pin: null, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await kept.UndoAsync(CancellationToken.None).ConfigureAwait(false);
            throw;
        }

        if (ImageReference.TryParse(rendered, out var reference) && reference.Equals(pin.Target))
        {
            return kept;
        }

        await kept.UndoAsync(CancellationToken.None).ConfigureAwait(false);
        return NotKept($"With {pin.Line} in {kept.File} compose would still take {rendered ?? "no image"}. Look at {image.WrittenAt}.");
    }

    /// <summary>The <c>.env</c> with the pin, or why it is left alone.</summary>
    private (byte[]? Edited, string? Refusal) Edit(byte[]? content, VariablePin pin)
    {
        var text = content is null ? string.Empty : Encoding.Latin1.GetString(content);
        if (DotEnvEditor.Raw(text, pin.Variable) is { } raw && raw.Contains('$', StringComparison.Ordinal))
        {
            return (null, $"{pin.Variable} is made of other variables in {Project.DotEnv} ({raw}). {pin.WriteInto(Project.DotEnv)}");
        }

        var edited = Encoding.Latin1.GetBytes(DotEnvEditor.Set(text, pin.Variable, pin.Value));
        var (old, next) = (Values(content ?? []), Values(edited));
        if (next.GetValueOrDefault(pin.Variable) != pin.Value)
        {
            return (null, $"{Project.DotEnv} can't be edited safely. {pin.WriteInto(Project.DotEnv)}");
        }

        return next.FirstOrDefault(pair => pair.Key != pin.Variable && old.GetValueOrDefault(pair.Key) != pair.Value) is { Key: { } other }
            ? (null, $"{other} in {Project.DotEnv} is made of {pin.Variable}. If it may change too: {pin.WriteInto(Project.DotEnv)}")
            : (edited, null);
    }

    private static FileChange ChangeTo(byte[]? wanted, byte[]? content) =>
        wanted is null || (content is not null && content.AsSpan().SequenceEqual(wanted)) ? FileChange.None : FileChange.Write(wanted);

    private IReadOnlyDictionary<string, string> Values(byte[] content) =>
        DotEnvFile.Parse(SourceText.Decode(content, Project.DotEnv), Project.DotEnv, image.Variables.FromProcess);

    private async Task<PinKept> KeepOverrideAsync(OverridePin pin, CancellationToken cancellationToken)
    {
        var project = Project.WithFile(pin.File, pin.File);
        byte[]? written = null;
        try
        {
            var before = await AtomicFile.ChangeAsync(
                pin.File,
                content => ChangeTo(written = pin.ContentFor(Project), content),
                cancellationToken).ConfigureAwait(false);
            var files = string.Join(' ', project.Files.Select(file => "-f " + Path.GetRelativePath(project.WorkingDirectory, file)));
            var warning = $"The image of {pin.Service} isn't set by one variable, so {pin.File} pins {pin.Target}. A plain '{Command} up' "
                + $"doesn't read that file and goes back: name it ('{Command} {files} up -d'), or correct the line. {ImageLine(pin)}";
            return new PinKept(true, pin.File, warning, project) { Before = before, Written = written };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return NotKept($"{exception.Message.TrimEnd('.')}. {ImageLine(pin)}");
        }
    }

    /// <summary>
    /// Lets our own file follow what runs after an operation that was interrupted. If what runs was not started with the file, the service
    /// goes out of it. What the operation can't have written stays.
    /// </summary>
    /// <returns>True if the file was changed.</returns>
    public async Task<bool> FollowOverrideAsync(
        ImageReference runs, IDictionary<string, string> labels, Func<string, bool> isLeft, CancellationToken cancellationToken)
    {
        var file = image.Override;
        var isNamed = ComposeLabels.Get(labels, ComposeLabels.Files)?.Split(',').Contains(file) == true;
        var hasChanged = false;
        _ = await AtomicFile.ChangeAsync(
            file,
            _ =>
            {
                hasChanged = OverrideFile.ImageOf(file, image.Service) is { } there && isLeft(there);
                if (!hasChanged)
                {
                    return FileChange.None;
                }

                var text = OverrideFile.With(file, OverrideFile.VersionKey(Project), image.Service, isNamed ? runs : null);
                return text is null ? FileChange.Delete : FileChange.Write(Encoding.UTF8.GetBytes(text));
            },
            cancellationToken).ConfigureAwait(false);
        return hasChanged;
    }

    private string ImageLine(OverridePin pin) => $"Write into {image.WrittenAt}: image: {pin.Target}";

    private PinKept NotKept(string why) =>
        new(false, null, $"A later plain '{Command} up' may put {image.Service} on another version. {why}", Project);
}
