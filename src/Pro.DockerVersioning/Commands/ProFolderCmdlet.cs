using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Host;
using Pro.DockerVersioning.Commands;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Configuration.Catalog;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.History;

namespace Pro.DockerVersioning;

/// <summary>The base of the cmdlets that work in a folder of a repository.</summary>
public abstract class ProFolderCmdlet : ProCmdlet
{
    private protected ProFolderCmdlet()
    {
    }

    /// <summary>A folder of the repository; the current one where it isn't given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>Whether the caller approves what pro.json names; null for a command that uses nothing that needs it.</summary>
    private protected virtual bool? Trusts => null;

    /// <summary>
    /// The workspace, once the user has agreed to what its pro.json names. With -WhatIf nobody is asked: the plan is made without logins,
    /// and says what is not approved.
    /// </summary>
    /// <exception cref="ProException">The user doesn't agree, or nobody can be asked.</exception>
    private protected ProWorkspace Approved(ProWorkspace workspace)
    {
        var open = workspace;
        if (Trusts is { } trusts)
        {
            var settings = workspace.Settings;
            var trust = new RepositoryTrust(HistoryFolder.OfUser(settings.Variables.Raw), workspace.Root);
            var unknown = trust.NotApproved(RepositoryTrust.Needed(settings));
            if (unknown.Count > 0 && !IsWhatIf)
            {
                if (!trusts && !AsksForTrust(workspace.Root, unknown))
                {
                    throw ConfigurationErrors.NotTrusted(unknown.Select(value => value.ToString()), workspace.Root);
                }

                trust.Approve(unknown);
            }

            open = IsWhatIf ? workspace.ForPlanOnly(unknown) : workspace;
            PlanHead.AddRange(open.Unapproved.Select(value =>
                $"Not approved: {value} ({ProConfiguration.FileName}). No login is sent to it, and nothing is changed there; "
                    + "-TrustRepository approves it."));
        }

        if (open.EngineThatIsNotTheSessions() is { } engine)
        {
            PlanHead.Insert(0, $"Engine: {engine}");
        }

        return open;
    }

    private bool AsksForTrust(string root, IReadOnlyList<TrustedValue> values)
    {
        if (!Prompts.HasReader(Host))
        {
            return false;
        }

        try
        {
            var choices = new Collection<ChoiceDescription>(
            [
                new ChoiceDescription("&Yes", "It is kept for this repository and these values; a change asks again."),
                new ChoiceDescription("&No", "The command ends. Nothing is sent, and nothing is run."),
            ]);
            var text = string.Join(System.Environment.NewLine, values.Select(value => value.ToString()).Prepend(
                $"{ProConfiguration.FileName} of {root} names what can see your registry logins, or is written to:"));
            return Host.UI.PromptForChoice("Do you trust this repository?", text, choices, 1) == 0;
        }
        catch (Exception nobody) when (Prompts.IsNobody(nobody))
        {
            return false;
        }
    }

    /// <summary>The folder that the command runs in, as the system knows it.</summary>
    private protected string Folder
    {
        get
        {
            // The session's folder: the process's own is another one.
            var current = SessionState.Path.CurrentFileSystemLocation.ProviderPath;
            if (Path is null)
            {
                return Directory.Exists(current) ? current : throw WorkspaceErrors.FolderNotFound(current);
            }

            // Env:, HKLM: and their kind hold no folders.
            var place = SessionState.Path.GetUnresolvedProviderPathFromPSPath(Path, out var provider, out _);
            if (provider.Name != "FileSystem")
            {
                throw WorkspaceErrors.NotAFolder(Path, provider.Name);
            }

            var folder = System.IO.Path.GetFullPath(place, current);
            return Directory.Exists(folder) ? folder : throw WorkspaceErrors.FolderNotFound(folder);
        }
    }
}
