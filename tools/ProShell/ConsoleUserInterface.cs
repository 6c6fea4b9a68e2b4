using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Management.Automation.Internal;
using System.Security;

namespace ProShell;

/// <summary>The streams of PowerShell on a console, in PowerShell's own colours; plain where colour is off.</summary>
internal sealed class ConsoleUserInterface : PSHostUserInterface
{
    private readonly ConsoleRawUserInterface _raw = new();
    private readonly ProgressLine _progress = new();

    /// <summary>Colour is for eyes: not for a file, not with NO_COLOR (https://no-color.org), not on a dumb terminal.</summary>
    public static bool HasColour { get; } = !Console.IsOutputRedirected
        && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
        && Environment.GetEnvironmentVariable("TERM") != "dumb";

    /// <inheritdoc/>
    public override PSHostRawUserInterface RawUI => _raw;

    /// <inheritdoc/>
    public override bool SupportsVirtualTerminal => HasColour;

    /// <summary>Takes the progress line off the screen.</summary>
    public void ClearProgress() => _progress.Clear();

    /// <inheritdoc/>
    public override void Write(string value)
    {
        _progress.Clear();
        // The tables' headers come with escape sequences whatever PSStyle says: taking them out is the host's task.
        Console.Out.Write(HasColour ? value : new StringDecorated(value ?? string.Empty).ToString(OutputRendering.PlainText));
    }

    /// <inheritdoc/>
    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value)
    {
        // The colours that stand for "as it is" must not paint a background where there was none.
        var code = PSStyle.MapForegroundColorToEscapeSequence(foregroundColor);
        Write(HasColour && foregroundColor != RawUI.ForegroundColor ? code + value + PSStyle.Instance.Reset : value);
    }

    /// <inheritdoc/>
    public override void WriteLine(string value) => Write(value + Environment.NewLine);

    /// <inheritdoc/>
    public override void WriteErrorLine(string value) => WriteLine(Coloured(PSStyle.Instance.Formatting.Error, value));

    /// <inheritdoc/>
    public override void WriteWarningLine(string message) => WriteLine(Coloured(PSStyle.Instance.Formatting.Warning, "WARNING: " + message));

    /// <inheritdoc/>
    public override void WriteVerboseLine(string message) => WriteLine(Coloured(PSStyle.Instance.Formatting.Verbose, "VERBOSE: " + message));

    /// <inheritdoc/>
    public override void WriteDebugLine(string message) => WriteLine(Coloured(PSStyle.Instance.Formatting.Debug, "DEBUG: " + message));

    /// <inheritdoc/>
    public override void WriteInformation(InformationRecord record)
    {
        // Write-Host has written its text already; what Write-Information says reaches Out-Default by preference.
    }

    /// <inheritdoc/>
    public override void WriteProgress(long sourceId, ProgressRecord record) => _progress.Show(sourceId, record);

    /// <inheritdoc/>
    public override string ReadLine()
    {
        // Without this a choice without a default would be asked for ever.
        return Console.ReadLine()
            ?? throw new PSInvalidOperationException("The command asks a question, and standard input has ended. Give the missing value, or -Confirm:$false.");
    }

    /// <inheritdoc/>
    public override SecureString ReadLineAsSecureString()
    {
        var secret = new SecureString();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key == ConsoleKey.Backspace && secret.Length > 0)
            {
                secret.RemoveAt(secret.Length - 1);
            }
            else if (!char.IsControl(key.KeyChar))
            {
                secret.AppendChar(key.KeyChar);
            }
        }

        WriteLine(string.Empty);
        return secret;
    }

    /// <inheritdoc/>
    public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions)
    {
        WriteHeading(caption, message);
        var answers = new Dictionary<string, PSObject>(StringComparer.OrdinalIgnoreCase);
        foreach (var field in descriptions)
        {
            Write(field.Name + ": ");
            var isSecret = field.ParameterTypeFullName == typeof(SecureString).FullName;
            answers[field.Name] = PSObject.AsPSObject(isSecret ? ReadLineAsSecureString() : ReadLine());
        }

        return answers;
    }

    /// <inheritdoc/>
    public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice)
    {
        WriteHeading(caption, message);
        var labels = choices.Select(Label).ToList();
        while (true)
        {
            foreach (var (key, text) in labels)
            {
                Write($"[{key}] {text}  ");
            }

            Write(defaultChoice < 0 ? ": " : $"(default is \"{labels[defaultChoice].Key}\"): ");
            var answer = ReadLine().Trim();
            if (answer.Length == 0 && defaultChoice >= 0)
            {
                return defaultChoice;
            }

            var chosen = labels.FindIndex(label =>
                string.Equals(label.Key, answer, StringComparison.OrdinalIgnoreCase)
                || string.Equals(label.Text, answer, StringComparison.OrdinalIgnoreCase));
            if (chosen >= 0)
            {
                return chosen;
            }
        }
    }

    /// <inheritdoc/>
    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) =>
        PromptForCredential(caption, message, userName, targetName, PSCredentialTypes.Default, PSCredentialUIOptions.Default);

    /// <inheritdoc/>
    public override PSCredential PromptForCredential(
        string caption,
        string message,
        string userName,
        string targetName,
        PSCredentialTypes allowedCredentialTypes,
        PSCredentialUIOptions options)
    {
        WriteHeading(caption, message);
        if (string.IsNullOrEmpty(userName))
        {
            Write("User: ");
            userName = ReadLine();
        }

        Write($"Password for user {userName}: ");
        return new PSCredential(userName, ReadLineAsSecureString());
    }

    /// <summary>The key and the text of a choice: "&amp;Yes" is chosen by Y.</summary>
    private static (string Key, string Text) Label(ChoiceDescription choice)
    {
        var mark = choice.Label.IndexOf('&', StringComparison.Ordinal);
        var text = choice.Label.Replace("&", string.Empty, StringComparison.Ordinal);
        return (mark >= 0 && mark + 1 < choice.Label.Length ? choice.Label[mark + 1].ToString().ToUpperInvariant() : text, text);
    }

    private static string Coloured(string style, string text) => HasColour ? style + text + PSStyle.Instance.Reset : text;

    private void WriteHeading(string caption, string message)
    {
        foreach (var text in new[] { caption, message })
        {
            if (!string.IsNullOrEmpty(text))
            {
                WriteLine(text);
            }
        }
    }
}
