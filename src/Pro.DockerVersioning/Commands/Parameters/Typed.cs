using System.Management.Automation;

namespace Pro.DockerVersioning.Commands.Parameters;

/// <summary>What was typed for a parameter.</summary>
internal static class Typed
{
    /// <summary>The value, out of PowerShell's wrapping.</summary>
    public static object? Value(object? input) => input is PSObject wrapped ? wrapped.BaseObject : input;

    /// <summary>
    /// The text. PowerShell reads 7d and 60s as numbers (decimal, short) and keeps beside such a number how it was written: only converting
    /// the wrapped number gives that back.
    /// </summary>
    public static string Text(object? input) => input is null ? "" : LanguagePrimitives.ConvertTo<string>(input) ?? "";
}
