using System.Management.Automation.Host;

namespace ProShell;

/// <summary>The console's size, for the tables; what nothing here needs is refused.</summary>
internal sealed class ConsoleRawUserInterface : PSHostRawUserInterface
{
    // What pwsh takes for a width when its output goes to a file.
    private const int WidthOfNoTerminal = 120;
    private const int HeightOfNoTerminal = 50;

    /// <summary>How many characters fit on a line.</summary>
    public static int Width => Console.IsOutputRedirected || Console.WindowWidth <= 0 ? WidthOfNoTerminal : Console.WindowWidth;

    /// <inheritdoc/>
    public override ConsoleColor ForegroundColor { get; set; } = ConsoleColor.Gray;

    /// <inheritdoc/>
    public override ConsoleColor BackgroundColor { get; set; } = ConsoleColor.Black;

    /// <inheritdoc/>
    public override Size BufferSize
    {
        get => WindowSize;
        set => throw Refusal();
    }

    /// <inheritdoc/>
    public override Coordinates CursorPosition
    {
        get => default;
        set => throw Refusal();
    }

    /// <inheritdoc/>
    public override int CursorSize { get; set; } = 25;

    /// <inheritdoc/>
    public override bool KeyAvailable => !Console.IsInputRedirected && Console.KeyAvailable;

    /// <inheritdoc/>
    public override Size MaxPhysicalWindowSize => WindowSize;

    /// <inheritdoc/>
    public override Size MaxWindowSize => WindowSize;

    /// <inheritdoc/>
    public override Coordinates WindowPosition { get; set; }

    /// <inheritdoc/>
    public override Size WindowSize
    {
        get => new(Width, Console.IsOutputRedirected ? HeightOfNoTerminal : Math.Max(1, Console.WindowHeight));
        set => throw Refusal();
    }

    /// <inheritdoc/>
    public override string WindowTitle { get; set; } = "ProShell";

    /// <inheritdoc/>
    public override void FlushInputBuffer()
    {
        // Lines are read whole; there is no buffer of keys.
    }

    /// <inheritdoc/>
    public override KeyInfo ReadKey(ReadKeyOptions options)
    {
        var key = Console.ReadKey(options.HasFlag(ReadKeyOptions.NoEcho));
        return new KeyInfo((int)key.Key, key.KeyChar, default, keyDown: true);
    }

    /// <inheritdoc/>
    public override BufferCell[,] GetBufferContents(Rectangle rectangle) => throw Refusal();

    /// <inheritdoc/>
    public override void ScrollBufferContents(Rectangle source, Coordinates destination, Rectangle clip, BufferCell fill) => throw Refusal();

    /// <inheritdoc/>
    public override void SetBufferContents(Coordinates origin, BufferCell[,] contents) => throw Refusal();

    /// <inheritdoc/>
    public override void SetBufferContents(Rectangle rectangle, BufferCell fill) => throw Refusal();

    private static NotSupportedException Refusal() => new("ProShell writes lines; it has no screen buffer.");
}
