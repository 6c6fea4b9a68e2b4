using System.Collections.ObjectModel;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;
using System.Text;

namespace Pro.DockerVersioning.Tests.Engine;

/// <summary>A host that keeps what is written to the screen and answers prompts from a queue.</summary>
internal sealed class RecordingHost : PSHost
{
    private readonly RecordingUserInterface _ui = new();

    public override CultureInfo CurrentCulture => CultureInfo.InvariantCulture;

    public override CultureInfo CurrentUICulture => CultureInfo.InvariantCulture;

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override string Name => "RecordingHost";

    public override Version Version { get; } = new(1, 0);

    public override PSHostUserInterface UI => _ui;

    /// <summary>What stands on the screen.</summary>
    public string Text => _ui.Screen.ToString();

    /// <summary>The choices that the next prompts get, by index.</summary>
    public Queue<int> Answers => _ui.Answers;

    /// <summary>The prompts that were shown.</summary>
    public IReadOnlyList<string> Prompts => _ui.Prompts;

    /// <summary>The choice that each of them offered as the default, by index.</summary>
    public IReadOnlyList<int> Defaults => _ui.Defaults;

    /// <summary>What happens while the next prompts wait for their answer.</summary>
    public Action BeforeAnswer
    {
        set => _ui.BeforeAnswer = value;
    }

    /// <summary>What happens when a progress bar says something.</summary>
    public Action<ProgressRecord> OnProgress
    {
        set => _ui.OnProgress = value;
    }

    /// <summary>Whether it is a terminal that knows colours.</summary>
    public bool ShowsColours
    {
        set => _ui.ShowsColours = value;
    }

    public void Clear() => _ui.Screen.Clear();

    /// <summary>Forgets what a test has seen and left: the next one begins with nothing.</summary>
    public void Forget()
    {
        Clear();
        _ui.Prompts.Clear();
        _ui.Defaults.Clear();
        _ui.Answers.Clear();
        _ui.BeforeAnswer = static () => { };
        _ui.OnProgress = static _ => { };
    }

    public override void EnterNestedPrompt() => throw new NotSupportedException();

    public override void ExitNestedPrompt() => throw new NotSupportedException();

    public override void NotifyBeginApplication()
    {
    }

    public override void NotifyEndApplication()
    {
    }

    public override void SetShouldExit(int exitCode)
    {
    }

    private sealed class RecordingUserInterface : PSHostUserInterface
    {
        public StringBuilder Screen { get; } = new();

        public Queue<int> Answers { get; } = new();

        public List<string> Prompts { get; } = [];

        public List<int> Defaults { get; } = [];

        public Action BeforeAnswer { get; set; } = static () => { };

        public Action<ProgressRecord> OnProgress { get; set; } = static _ => { };

        public override PSHostRawUserInterface RawUI { get; } = new RecordingRawUserInterface();

        public override bool SupportsVirtualTerminal => ShowsColours;

        public bool ShowsColours { get; set; }

        // The host it is who takes colours out, as the console does.
        public override void Write(string value) => Screen.Append(GetOutputString(value, SupportsVirtualTerminal));

        public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) => Write(value);

        public override void WriteLine(string value) => Write(value + '\n');

        public override void WriteErrorLine(string value) => WriteLine(value);

        public override void WriteDebugLine(string message) => WriteLine("DEBUG: " + message);

        public override void WriteVerboseLine(string message) => WriteLine("VERBOSE: " + message);

        public override void WriteWarningLine(string message) => WriteLine("WARNING: " + message);

        public override void WriteProgress(long sourceId, ProgressRecord record) => OnProgress(record);

        public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice)
        {
            Prompts.Add($"{caption}\n{message}");
            Defaults.Add(defaultChoice);
            BeforeAnswer();
            return Answers.Dequeue();
        }

        public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions) =>
            throw new NotSupportedException("Nobody answers here.");

        public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) =>
            throw new NotSupportedException();

        public override PSCredential PromptForCredential(
            string caption,
            string message,
            string userName,
            string targetName,
            PSCredentialTypes allowedCredentialTypes,
            PSCredentialUIOptions options) => throw new NotSupportedException();

        public override string ReadLine() => throw new NotSupportedException();

        public override SecureString ReadLineAsSecureString() => throw new NotSupportedException();
    }

    private sealed class RecordingRawUserInterface : PSHostRawUserInterface
    {
        public override ConsoleColor BackgroundColor { get; set; }

        public override ConsoleColor ForegroundColor { get; set; }

        public override Size BufferSize { get; set; } = new(160, 50);

        public override Coordinates CursorPosition { get; set; }

        public override int CursorSize { get; set; }

        public override bool KeyAvailable => false;

        public override Size MaxPhysicalWindowSize => new(160, 50);

        public override Size MaxWindowSize => new(160, 50);

        public override Coordinates WindowPosition { get; set; }

        public override Size WindowSize { get; set; } = new(160, 50);

        public override string WindowTitle { get; set; } = "";

        public override void FlushInputBuffer()
        {
        }

        public override BufferCell[,] GetBufferContents(Rectangle rectangle) => new BufferCell[0, 0];

        public override KeyInfo ReadKey(ReadKeyOptions options) => default;

        public override void ScrollBufferContents(Rectangle source, Coordinates destination, Rectangle clip, BufferCell fill)
        {
        }

        public override void SetBufferContents(Rectangle rectangle, BufferCell fill)
        {
        }

        public override void SetBufferContents(Coordinates origin, BufferCell[,] contents)
        {
        }
    }
}
