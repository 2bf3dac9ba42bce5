namespace TorrentPS.Engine.Storage.Files;

/// <summary>
/// Reads byte ranges of the torrent for uploading. Uses a single scatter read if the range is in one file.
/// </summary>
internal sealed class ContentReader(IContentFiles files) : IContentReader
{
    /// <inheritdoc/>
    public void Read(long offset, IReadOnlyList<Memory<byte>> buffers)
    {
        long length = 0;
        for (int i = 0; i < buffers.Count; i++)
            length += buffers[i].Length;

        foreach (ContentSection section in files.Layout.Sections(offset, length))
        {
            if (section.IsPadding || section.Length < length)
                ReadPart(section, offset, buffers);
            else if (files.Read(section.File, section.FileOffset, buffers) < length)
                ReadPart(section, offset, buffers);
        }
    }

    /// <summary>
    /// Reads one section of a byte range into its part of the buffers. The buffers together hold the whole range, whose
    /// first byte is at <paramref name="offset"/> in the torrent.
    /// </summary>
    private void ReadPart(ContentSection section, long offset, IReadOnlyList<Memory<byte>> buffers)
    {
        long start = offset;
        for (int i = 0; i < buffers.Count && start < section.Offset + section.Length; i++)
        {
            Span<byte> buffer = buffers[i].Span;
            long from = Math.Max(start, section.Offset);
            long to = Math.Min(start + buffer.Length, section.Offset + section.Length);
            if (from < to)
            {
                Span<byte> part = buffer[(int)(from - start)..(int)(to - start)];
                if (section.IsPadding)
                    part.Clear();
                else
                    files.ReadExactly(section.File, section.FileOffset + (from - section.Offset), part);
            }

            start += buffer.Length;
        }
    }
}
