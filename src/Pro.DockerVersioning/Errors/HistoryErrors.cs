namespace Pro.DockerVersioning.Errors;

/// <summary>What can go wrong with the history. None of it fails an operation.</summary>
internal static class HistoryErrors
{
    /// <summary>A line that could not be written.</summary>
    public static ProException NotWritten(string entry, string path, Exception inner) => new(
        "HistoryNotWritten",
        ProErrorCategory.WriteError,
        $"The history lacks the line '{entry}': {path} can't be written. {Sentence(inner)}",
        "Make room there or let this user write there, or name another folder by 'history' in pro.json.",
        path,
        inner);

    /// <summary>A user without a home, and no folder in pro.json.</summary>
    public static ProException NoFolder(string entry) => new(
        "HistoryFolderUnknown",
        ProErrorCategory.ObjectNotFound,
        $"The history lacks the line '{entry}': this user has no home folder to keep it in.",
        "Name a folder by 'history' in pro.json, or set XDG_STATE_HOME.");

    /// <summary>A history that can't be read.</summary>
    public static ProException Unreadable(string path, Exception inner) => new(
        "HistoryUnreadable",
        ProErrorCategory.ReadError,
        $"The history can't be read from {path}. {Sentence(inner)}",
        "Let this user read it, or name another folder by 'history' in pro.json.",
        path,
        inner);

    private static string Sentence(Exception exception) => exception.Message.TrimEnd('.') + ".";
}
