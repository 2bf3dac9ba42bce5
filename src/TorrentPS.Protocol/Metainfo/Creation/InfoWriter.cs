using System.Text;
using TorrentPS.Protocol.Bencode;

namespace TorrentPS.Protocol.Metainfo.Creation;

/// <summary>
/// Writes the info dictionary of a new torrent. Equal inputs give the same bytes, and therefore the same info hash.
/// </summary>
internal sealed class InfoWriter(
    BencodeWriter writer,
    TorrentLayout layout,
    ReadOnlyMemory<byte> pieceHashes,
    IReadOnlyList<FileHashes?> fileHashes,
    bool isPrivate,
    string? source)
{
    private bool HasV1 => layout.Version != MetainfoVersion.V2;

    private bool HasV2 => layout.Version != MetainfoVersion.V1;

    public void Write()
    {
        writer.BeginDictionary();
        if (HasV1 && !layout.IsMultiFile)
            WriteAttributes(layout.Files[0]);
        if (HasV2)
            WriteTree();
        if (HasV1 && layout.IsMultiFile)
            WriteFiles();
        if (HasV1 && !layout.IsMultiFile)
            writer.WriteNumber("length"u8, layout.Files[0].Length);
        if (HasV2)
            writer.WriteNumber("meta version"u8, 2);
        MetainfoWriter.Text(writer, "name"u8, layout.Name);
        writer.WriteNumber("piece length"u8, layout.PieceLength);
        if (HasV1)
            writer.WriteBytes("pieces"u8, pieceHashes.Span);
        if (isPrivate)
            writer.WriteNumber("private"u8, 1);
        MetainfoWriter.Text(writer, "source"u8, source);
        writer.End();
    }

    private void WriteFiles()
    {
        writer.WriteKey("files"u8);
        writer.BeginList();
        foreach (NewTorrentFile file in layout.Files)
        {
            writer.BeginDictionary();
            WriteAttributes(file);
            writer.WriteNumber("length"u8, file.Length);
            MetainfoWriter.TextList(writer, "path"u8, file.Path);
            WriteSymlink(file);
            writer.End();
        }

        writer.End();
    }

    /// <summary>
    /// Writes the v2 file tree. The files are in tree order, so a folder's dictionary is started at its first file and
    /// ended after its last.
    /// </summary>
    private void WriteTree()
    {
        writer.WriteKey("file tree"u8);
        writer.BeginDictionary();
        var open = new List<string>();
        for (int i = 0; i < layout.Files.Count; i++)
        {
            NewTorrentFile file = layout.Files[i];
            if (file.IsPadding)
                continue;
            int shared = 0;
            while (shared < open.Count && shared < file.Path.Count - 1 && open[shared] == file.Path[shared])
                shared++;
            for (; open.Count > shared; open.RemoveAt(open.Count - 1))
                writer.End();
            for (; open.Count < file.Path.Count - 1; open.Add(file.Path[open.Count]))
                OpenFolder(file.Path[open.Count]);
            WriteLeaf(file, fileHashes[i]);
        }

        foreach (string _ in open)
            writer.End();
        writer.End();
    }

    private void OpenFolder(string name)
    {
        writer.WriteKey(Encoding.UTF8.GetBytes(name));
        writer.BeginDictionary();
    }

    private void WriteLeaf(NewTorrentFile file, FileHashes? hashes)
    {
        OpenFolder(file.Path[^1]);
        OpenFolder(string.Empty);
        WriteAttributes(file);
        writer.WriteNumber("length"u8, file.Length);
        if (file.Length > 0)
            writer.WriteBytes("pieces root"u8, hashes!.Root.Span);
        WriteSymlink(file);
        writer.End();
        writer.End();
    }

    private void WriteAttributes(NewTorrentFile file)
    {
        var letters = new StringBuilder();
        foreach ((TorrentFileAttributes attribute, char letter) in AttributeLetters.All)
        {
            if ((file.Attributes & attribute) != 0)
                letters.Append(letter);
        }

        MetainfoWriter.Text(writer, "attr"u8, letters.ToString());
    }

    private void WriteSymlink(NewTorrentFile file)
    {
        if ((file.Attributes & TorrentFileAttributes.Symlink) != 0)
            MetainfoWriter.TextList(writer, "symlink path"u8, file.SymlinkTarget);
    }
}
