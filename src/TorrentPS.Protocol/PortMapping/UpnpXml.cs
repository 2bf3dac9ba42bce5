using System.Xml;

namespace TorrentPS.Protocol.PortMapping;

/// <summary>
/// Reads XML documents of gateways within limits: no document type definition, no entities of its own, and a bounded
/// depth and length.
/// </summary>
internal static class UpnpXml
{
    /// <summary>Maximum depth of elements. Device descriptions of gateways have a depth of about 10.</summary>
    private const int MaxDepth = 32;

    /// <summary>Maximum length of an element's text in characters. URLs and values have less than 100.</summary>
    private const int MaxText = 1024;

    /// <summary>
    /// Calls <paramref name="element"/> with the local name and the text of each element that contains only text, and
    /// with the name and null for the end of each other element, in document order.
    /// </summary>
    /// <returns>False if the document is malformed or exceeds a limit.</returns>
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
