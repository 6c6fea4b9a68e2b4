namespace Pro.DockerVersioning.Machine;

/// <summary>Who runs the command, and on which machine: what locks and the history say.</summary>
internal static class ProOperator
{
    /// <summary>The user; behind sudo the one who called it: "alice (as root)".</summary>
    public static string User { get; } = NameOf(Environment.UserName, Environment.GetEnvironmentVariable("SUDO_USER"));

    /// <summary>The machine's name.</summary>
    public static string Host { get; } = Environment.MachineName;

    internal static string NameOf(string user, string? caller) =>
        string.IsNullOrEmpty(caller) || caller == user ? user : $"{caller} (as {user})";
}
