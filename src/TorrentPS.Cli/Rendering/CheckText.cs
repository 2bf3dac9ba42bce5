namespace TorrentPS.Cli.Rendering;

internal static class CheckText
{
    public static void Write(TextWriter output, CheckRecord check)
    {
        foreach (CheckedFileRecord file in check.Files.Where(file => !file.IsComplete))
            output.WriteLine($"  {Remark(file)}: {file.Path}");
        if (check.BadPieces.Count > 0)
            output.WriteLine($"  pieces missing or wrong: {string.Join(", ", check.BadPieces)}");
        output.WriteLine(check.IsComplete
            ? $"{check.Name}: all {HumanText.Count(check.PieceCount, "piece")} and "
                + $"{HumanText.Count(check.Files.Count, "file")} are correct ({HumanText.Size(check.Size)})"
            : $"{check.Name}: {check.GoodPieces} of {HumanText.Count(check.PieceCount, "piece")} are correct");
    }

    public static string ErrorMessage(CheckRecord check) =>
        $"{check.Name}: the data does not match the torrent: {check.PieceCount - check.GoodPieces} of "
        + $"{HumanText.Count(check.PieceCount, "piece")} and "
        + $"{check.Files.Count(file => !file.IsComplete)} of {HumanText.Count(check.Files.Count, "file")} "
        + "are missing or wrong";

    private static string Remark(CheckedFileRecord file)
    {
        if (file.Fault is { } fault)
            return fault;
        if (!file.Exists)
            return "missing";
        return file.SizeOnDisk < file.Size
            ? $"too short ({file.SizeOnDisk} of {file.Size} bytes)"
            : $"wrong ({file.GoodPieces} of {HumanText.Count(file.PieceCount, "piece")} correct)";
    }
}
