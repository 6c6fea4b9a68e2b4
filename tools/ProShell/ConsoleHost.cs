using System.Globalization;
using System.Management.Automation.Host;

namespace ProShell;

/// <summary>What PowerShell's engine asks of the program around it.</summary>
internal sealed class ConsoleHost : PSHost
{
    private readonly ConsoleUserInterface _ui = new();

    /// <summary>The code given to <c>exit</c>, once it was called.</summary>
    public int? ExitCode { get; private set; }

    /// <inheritdoc/>
    public override CultureInfo CurrentCulture => CultureInfo.CurrentCulture;

    /// <inheritdoc/>
    public override CultureInfo CurrentUICulture => CultureInfo.CurrentUICulture;

    /// <inheritdoc/>
    public override Guid InstanceId { get; } = Guid.NewGuid();

    /// <summary>As pwsh's own: scripts and modules tell by it whether what is asked is read from standard input.</summary>
    public override string Name => "ConsoleHost";

    /// <inheritdoc/>
    public override PSHostUserInterface UI => _ui;

    /// <inheritdoc/>
    public override Version Version => typeof(ConsoleHost).Assembly.GetName().Version!;

    /// <inheritdoc/>
    public override void SetShouldExit(int exitCode) => ExitCode = exitCode;

    /// <summary>Takes away a bar that its owner left behind.</summary>
    public void ClearProgress() => _ui.ClearProgress();

    /// <inheritdoc/>
    public override void EnterNestedPrompt() => throw new NotSupportedException("ProShell has no nested prompt.");

    /// <inheritdoc/>
    public override void ExitNestedPrompt() => throw new NotSupportedException("ProShell has no nested prompt.");

    /// <inheritdoc/>
    public override void NotifyBeginApplication()
    {
        // A native program writes to the same console as we do.
        _ui.ClearProgress();
    }

    /// <inheritdoc/>
    public override void NotifyEndApplication()
    {
        // Nothing was changed for it.
    }
}
