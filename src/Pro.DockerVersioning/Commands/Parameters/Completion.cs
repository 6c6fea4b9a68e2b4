using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using System.Management.Automation.Language;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Configuration.Catalog;
using Pro.DockerVersioning.Git;
using Pro.DockerVersioning.Images;

namespace Pro.DockerVersioning;

/// <summary>
/// What the completers share: they answer within 300 ms or not at all, never throw, and quote what they return where it needs it.
/// </summary>
internal static class Completion
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(300);

    /// <summary>Completes a word by a list that is found within the time, in the workspace that the command line means.</summary>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "A completer that throws breaks the prompt.")]
    public static IEnumerable<CompletionResult> Complete(
        string word,
        IDictionary bound,
        Func<ProWorkspace, CancellationToken, Task<IReadOnlyList<(string Text, string ToolTip)>>> find)
    {
        ArgumentNullException.ThrowIfNull(word);
        ArgumentNullException.ThrowIfNull(bound);
        var folder = CurrentFolder();
        using var patience = new CancellationTokenSource(Patience);
        IReadOnlyList<(string Text, string ToolTip)> found;
        try
        {
            // On the pool: a completer runs on the pipeline thread, and what it waits for must not need that.
            var search = Task.Run(() => find(Workspace(bound, folder), patience.Token));
            if (!search.Wait(Patience))
            {
                _ = search.ContinueWith(static late => late.Exception, TaskScheduler.Default);
                return [];
            }

            found = search.Result;
        }
        catch (Exception)
        {
            return [];
        }

        var typed = word.Trim('\'', '"');
        return [.. found
            .Where(item => item.Text.StartsWith(typed, StringComparison.OrdinalIgnoreCase))
            .Select(item => new CompletionResult(Quote(item.Text), item.Text, CompletionResultType.ParameterValue, item.ToolTip))];
    }

    private static ProWorkspace Workspace(IDictionary bound, string folder) => ProWorkspace.Open(
        bound["Path"] is { } path ? System.IO.Path.GetFullPath(path.ToString()!, folder) : folder,
        new ProParameters
        {
            Registry = bound["Registry"]?.ToString(),
            ComposeFiles = bound["ComposeFile"] switch
            {
                object[] files => [.. files.Select(file => file.ToString()!)],
                { } file => [file.ToString()!],
                null => [],
            },
        },
        ProEnvironmentVariables.OfProcess);

    // The session's folder. Only the pipeline thread may ask for it.
    private static string CurrentFolder()
    {
        using var shell = PowerShell.Create(RunspaceMode.CurrentRunspace);
        return shell.AddScript("$ExecutionContext.SessionState.Path.CurrentFileSystemLocation.ProviderPath").Invoke<string>()[0];
    }

    private static string Quote(string text) =>
        text.All(c => char.IsLetterOrDigit(c) || c is '.' or '-' or '_' or '/') && text.Length > 0 && !text.StartsWith('-')
            ? text
            : "'" + CodeGeneration.EscapeSingleQuotedStringContent(text) + "'";
}

/// <summary>Completes the names of services, out of the repository's files.</summary>
public sealed class ServiceCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName,
        string parameterName,
        string wordToComplete,
        CommandAst commandAst,
        IDictionary fakeBoundParameters) =>
        Completion.Complete(wordToComplete, fakeBoundParameters, static (workspace, _) =>
        {
            var names = workspace.ReadCatalog(reports: null).Names;
            return Task.FromResult<IReadOnlyList<(string, string)>>([.. names.Select(name => (name, name))]);
        });
}

/// <summary>Completes the versions of the service on the command line that are on the engine, newest first.</summary>
public sealed class ImageVersionCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName,
        string parameterName,
        string wordToComplete,
        CommandAst commandAst,
        IDictionary fakeBoundParameters) =>
        Completion.Complete(wordToComplete, fakeBoundParameters, async (workspace, cancellationToken) =>
        {
            var catalog = workspace.ReadCatalog(reports: null);
            var services = fakeBoundParameters["Service"] is { } service
                ? catalog.Match((service as object[] ?? [service]).Select(name => name.ToString()!))
                : catalog.Names;
            using var engine = workspace.OpenEngine();
            var inventory = await ImageInventory.LoadAsync(engine, cancellationToken).ConfigureAwait(false);
            using var commits = new CommitLookup(workspace.Root);
            return [.. services
                .Select(catalog.Get)
                .SelectMany(definition => inventory.VersionsOf(definition.Name, workspace.RepositoryOf(definition), commits.Knows))
                .DistinctBy(version => version.Version)
                .Select(version => (version.Version.ToString(), version.Reference + (version.IsCurrent ? " (running now)" : "")))];
        });
}

/// <summary>Completes git tags that are versions, newest first.</summary>
public sealed class GitTagCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName,
        string parameterName,
        string wordToComplete,
        CommandAst commandAst,
        IDictionary fakeBoundParameters) =>
        Completion.Complete(wordToComplete, fakeBoundParameters, static (workspace, _) =>
        {
            using var repository = GitRepository.Open(workspace.Root);
            return Task.FromResult<IReadOnlyList<(string, string)>>([.. repository.Tags()
                .Select(tag => ProVersion.TryParseTag(tag, out var version) ? version : null)
                .OfType<ProVersion>()
                .OrderDescending()
                .Select(version => (version.ToString(), $"the git tag {version}"))]);
        });
}
