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
    /// <summary>Takes the change back, unless somebody has changed the file since.</summary>
    internal Func<CancellationToken, Task<bool>> Undo { get; init; } = _ => Task.FromResult(true);

    /// <summary>Takes the change back.</summary>
    /// <returns>False if somebody has changed the file since: then it stays.</returns>
    public Task<bool> UndoAsync(CancellationToken cancellationToken) => Undo(cancellationToken);
}

/// <summary>
/// Makes a pin outlive the command, so that a later plain <c>up</c> doesn't undo a rollback silently. It writes only where it is certain to
/// move this one service; everywhere else the operator is told the line to change.
/// </summary>
internal sealed class PinWriter(ComposeClient client, ImagePin image)
{
    /// <summary>Keeps a pin, and asks compose afterwards whether it takes it.</summary>
    public Task<PinKept> PersistAsync(ComposePin pin, CancellationToken cancellationToken) => PersistAsync(pin, foreseen: null, cancellationToken);

    /// <summary>Keeps a pin.</summary>
    /// <param name="pin">What <see cref="ComposeClient.RenderAsync"/> gave.</param>
    /// <param name="foreseen">The <c>.env</c> by which compose was seen to take it; null if compose is to be asked afterwards.</param>
    /// <param name="cancellationToken">Stops before anything is written.</param>
    public Task<PinKept> PersistAsync(ComposePin pin, byte[]? foreseen, CancellationToken cancellationToken) => pin switch
    {
        VariablePin variable => KeepVariableAsync(variable, foreseen, cancellationToken),
        OverridePin over => KeepOverrideAsync(over, cancellationToken),

        // The tag on the engine is the pin: no file of the project changes.
        AliasPin => Task.FromResult(new PinKept(true, null, null, Project)),
        _ => throw new ArgumentOutOfRangeException(nameof(pin)),
    };

    private RunningComposeProject Project => client.Project;

    private string Command => client.Program.CommandName;

    /// <summary>What keeping a pin will change, and whether a plain <c>up</c> then takes the version. Nothing is written.</summary>
    public string Forecast(ComposePin pin)
    {
        switch (pin)
        {
            case VariablePin variable:
                byte[]? written = null;
                var refusal = image.ObstacleTo(variable);
                try
                {
                    refusal ??= Refusal();
                }
                catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ProException)
                {
                    refusal = exception.Message;
                }

                return refusal is null
                    ? $"{Project.DotEnv} gets {variable.Line}, so a plain '{Command} up' keeps it" + (image.FollowedBy.Count == 0 ? ""
                        : $", and brings {string.Join(", ", image.FollowedBy)} to it too, which "
                            + $"{(image.FollowedBy.Count == 1 ? "has" : "have")} the same image")
                    : $"no file is changed. {WillNotHold} {refusal}";

                string? Refusal()
                {
                    string? why = null;
                    _ = Edit(File.Exists(Project.DotEnv) ? RegularFile.Read(Project.DotEnv) : null, variable, ref written, ref why);
                    return why;
                }

            case OverridePin over:
                return $"{over.File} pins {over.Target}. {WillNotHold} {ImageLine(over)}";
            default:
                return image.PullPolicy is { } policy
                    ? $"no file is changed. {WillNotHold} 'pull_policy: {policy}' brings another image at each 'up'"
                    : $"no file is changed. A plain '{Command} up' keeps it, as the tag names it";
        }
    }

    private string WillNotHold => $"The pin will not hold: a plain '{Command} up' may put {image.Service} on another version.";

    /// <summary>The <c>.env</c> that would keep a pin; null if it is to be left alone. Nothing is written.</summary>
    public byte[]? Foresee(VariablePin pin)
    {
        byte[]? written = null;
        string? refusal = null;
        try
        {
            if (image.ObstacleTo(pin) is null)
            {
                _ = Edit(File.Exists(Project.DotEnv) ? RegularFile.Read(Project.DotEnv) : null, pin, ref written, ref refusal);
            }

            return written;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ProException)
        {
            // Told when it is to be written.
            return null;
        }
    }

    private async Task<PinKept> KeepVariableAsync(VariablePin pin, byte[]? foreseen, CancellationToken cancellationToken)
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
            before = await AtomicFile
                .ChangeAsync(Project.DotEnv, content => Edit(content, pin, ref written, ref refusal), cancellationToken)
                .ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ProException)
        {
            return NotKept($"{exception.Message.TrimEnd('.')}. {pin.WriteInto(Project.DotEnv)}");
        }

        if (refusal is not null)
        {
            return NotKept(refusal);
        }

        var kept = new PinKept(true, Project.DotEnv, null, Project) { Undo = token => UndoAsync(Project.DotEnv, before, written, token) };
        return foreseen is not null && written.AsSpan().SequenceEqual(foreseen)
            ? kept
            : await ProvenAsync(kept, pin, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Asks compose what a plain <c>up</c> would take now: its answer is the one that counts.</summary>
    private async Task<PinKept> ProvenAsync(PinKept kept, VariablePin pin, CancellationToken cancellationToken)
    {
        try
        {
            var rendered = await client.ImageAsync(image, pin: null, cancellationToken).ConfigureAwait(false);
            if (ImageReference.TryParse(rendered, out var reference) && reference.Equals(pin.Target))
            {
                return kept;
            }

            await kept.UndoAsync(CancellationToken.None).ConfigureAwait(false);
            return NotKept(
                $"With {pin.Line} in {kept.File} compose would still take {rendered ?? "no image"}. Look at {image.WrittenAt}.");
        }
        catch
        {
            await kept.UndoAsync(CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    private FileChange Edit(byte[]? content, VariablePin pin, ref byte[]? written, ref string? refusal)
    {
        var text = content is null ? string.Empty : Encoding.Latin1.GetString(content);
        if (DotEnvEditor.Raw(text, pin.Variable) is { } raw && raw.Contains('$', StringComparison.Ordinal))
        {
            refusal = $"{pin.Variable} is made of other variables in {Project.DotEnv} ({raw}). {pin.WriteInto(Project.DotEnv)}";
            return FileChange.None;
        }

        var edited = Encoding.Latin1.GetBytes(DotEnvEditor.Set(text, pin.Variable, pin.Value));
        var (old, next) = (Values(content ?? []), Values(edited));
        if (next.GetValueOrDefault(pin.Variable) != pin.Value)
        {
            refusal = $"{Project.DotEnv} can't be edited safely. {pin.WriteInto(Project.DotEnv)}";
            return FileChange.None;
        }

        if (next.FirstOrDefault(pair => pair.Key != pin.Variable && old.GetValueOrDefault(pair.Key) != pair.Value) is { Key: { } other })
        {
            refusal = $"{other} in {Project.DotEnv} is made of {pin.Variable}. If it may change too: {pin.WriteInto(Project.DotEnv)}";
            return FileChange.None;
        }

        written = edited;
        return content is not null && content.AsSpan().SequenceEqual(edited) ? FileChange.None : FileChange.Write(edited);
    }

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
                content =>
                {
                    var text = OverrideFile.With(pin.File, OverrideFile.VersionKey(Project), pin.Service, pin.Target);
                    written = Encoding.UTF8.GetBytes(text);
                    return content is not null && content.AsSpan().SequenceEqual(written) ? FileChange.None : FileChange.Write(written);
                },
                cancellationToken).ConfigureAwait(false);
            return new PinKept(true, pin.File, OverrideWarning(pin, project), project)
            {
                Undo = token => UndoAsync(pin.File, before, written, token),
            };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return NotKept($"{exception.Message.TrimEnd('.')}. {ImageLine(pin)}");
        }
    }

    /// <summary>
    /// Lets our own file follow what runs after an operation that was interrupted. If what runs was not started with the file, the service
    /// goes out of it.
    /// </summary>
    /// <param name="runs">What runs.</param>
    /// <param name="labels">The labels of what runs.</param>
    /// <param name="isLeft">Whether an image is what the operation may have written.</param>
    /// <param name="cancellationToken">Stops before anything is written.</param>
    /// <returns>True if the file was changed.</returns>
    public async Task<bool> FollowOverrideAsync(
        ImageReference runs, IDictionary<string, string> labels, Func<string, bool> isLeft, CancellationToken cancellationToken)
    {
        var isNamed = ComposeLabels.Get(labels, ComposeLabels.Files)?.Split(',').Contains(image.Override) == true;
        var hasChanged = false;
        _ = await AtomicFile.ChangeAsync(
            image.Override,
            _ =>
            {
                hasChanged = OverrideFile.ImageOf(image.Override, image.Service) is { } there && isLeft(there);
                var key = OverrideFile.VersionKey(Project);
                var text = !hasChanged ? null
                    : isNamed ? OverrideFile.With(image.Override, key, image.Service, runs) : OverrideFile.Without(image.Override, key, image.Service);
                return !hasChanged ? FileChange.None : text is null ? FileChange.Delete : FileChange.Write(Encoding.UTF8.GetBytes(text));
            },
            cancellationToken).ConfigureAwait(false);
        return hasChanged;
    }

    private string OverrideWarning(OverridePin pin, RunningComposeProject project)
    {
        var files = string.Join(' ', project.Files.Select(file => "-f " + Path.GetRelativePath(project.WorkingDirectory, file)));
        return $"The image of {pin.Service} isn't set by one variable, so {pin.File} pins {pin.Target}. A plain '{Command} up' doesn't " +
            $"read that file and goes back: name it ('{Command} {files} up -d'), or correct the line. {ImageLine(pin)}";
    }

    private string ImageLine(OverridePin pin) => $"Write into {image.WrittenAt}: image: {pin.Target}";

    private PinKept NotKept(string why) =>
        new(false, null, $"A later plain '{Command} up' may put {image.Service} on another version. {why}", Project);

    /// <summary>Puts the file back if it is still as we left it.</summary>
    private static async Task<bool> UndoAsync(string path, byte[]? before, byte[]? written, CancellationToken cancellationToken)
    {
        var undone = true;
        await AtomicFile.ChangeAsync(
            path,
            content =>
            {
                undone = content is not null && written is not null && content.AsSpan().SequenceEqual(written);
                return !undone ? FileChange.None : before is null ? FileChange.Delete : FileChange.Write(before);
            },
            cancellationToken).ConfigureAwait(false);
        return undone;
    }
}
