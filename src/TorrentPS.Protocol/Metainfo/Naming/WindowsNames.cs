namespace TorrentPS.Protocol.Metainfo.Naming;

/// <summary>
/// Recognises names that Windows reserves for devices, such as <c>NUL</c> and <c>COM1</c>. They are reserved in every
/// folder and with every extension.
/// </summary>
internal static class WindowsNames
{
    public static bool IsReserved(string name)
    {
        int dot = name.IndexOf('.', StringComparison.Ordinal);
        ReadOnlySpan<char> device = (dot < 0 ? name : name.AsSpan(0, dot)).TrimEnd(' ');
        return device.Length switch
        {
            3 => Is(device, "CON") || Is(device, "PRN") || Is(device, "AUX") || Is(device, "NUL"),
            4 => (Is(device[..3], "COM") || Is(device[..3], "LPT"))
                && device[3] is (>= '0' and <= '9') or '¹' or '²' or '³',
            6 => Is(device, "CONIN$"),
            7 => Is(device, "CONOUT$"),
            _ => false,
        };
    }

    private static bool Is(ReadOnlySpan<char> name, string device) =>
        name.Equals(device, StringComparison.OrdinalIgnoreCase);
}
