using System.Xml;

namespace TorrentPS.Protocol.PortMapping;

/// <summary>
/// Reads XML documents of gateways. Refuses documents with a document type definition, and limits the length and the
/// depth.
/// </summary>
internal static class UpnpXml
{
    /// <summary>Maximum depth of elements. Device descriptions of gateways have a depth of about 10.</summary>
    private const int MaxDepth = 32;

    /// <summary>
    /// Maximum length of an element's text in characters. Longer text is left out. URLs and values are usually shorter
    /// than 100 characters.
    /// </summary>
    private const int MaxText = 1024;

    /// <summary>
    /// Calls <paramref name="element"/> at the end of each element. The first argument is the local name of the
    /// element. The second is its text, or null if it contains other elements.
    /// </summary>
    /// <returns>False if the document is malformed, too long, or nested too deeply.</returns>
    public static bool TryRead(ReadOnlyMemory<byte> document, int maxLength, Action<string, string?> element)
    {
        if (document.Length > maxLength)
            return false;
        try
        {
            using var reader = XmlReader.Create(new MemoryStream(document.ToArray(), writable: false), new XmlReaderSettings
            {
                DtdProcessing = DtdProcessing.Prohibit,
                XmlResolver = null,
                IgnoreComments = true,
                IgnoreProcessingInstructions = true,
                MaxCharactersInDocument = maxLength,
            });
            Read(reader, element);
            return true;
        }
        catch (XmlException)
        {
            return false;
        }
    }

    private static void Read(XmlReader reader, Action<string, string?> element)
    {
        string text = "";
        bool hasChildren = false;
        while (reader.Read())
        {
            if (reader.Depth > MaxDepth)
                throw new XmlException("The document is nested too deeply.");
            switch (reader.NodeType)
            {
                case XmlNodeType.Element:
                    (text, hasChildren) = ("", false);
                    if (reader.IsEmptyElement)
                    {
                        element(reader.LocalName, "");
                        hasChildren = true;
                    }

                    break;
                case XmlNodeType.Text or XmlNodeType.CDATA:
                    if (text.Length + reader.Value.Length <= MaxText)
                        text += reader.Value;
                    break;
                case XmlNodeType.EndElement:
                    element(reader.LocalName, hasChildren ? null : text.Trim());
                    hasChildren = true;
                    break;
            }
        }
    }
}
