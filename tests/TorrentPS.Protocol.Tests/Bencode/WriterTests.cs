using System.Buffers;
using System.Text;
using TorrentPS.Protocol.Bencode;

namespace TorrentPS.Protocol.Tests.Bencode;

public sealed class WriterTests
{
    [Fact]
    public void Every_type_is_written_canonically()
    {
        Assert.Equal("d1:ai-42e1:bli0e3:é!d1:xi9223372036854775807eee1:c2:lee", Written(writer =>
        {
            writer.BeginDictionary();
            writer.WriteKey("a"u8);
            writer.WriteNumber(-42);
            writer.WriteKey("b"u8);
            writer.BeginList();
            writer.WriteNumber(0);
            writer.WriteText("é!");
            writer.BeginDictionary();
            writer.WriteKey("x"u8);
            writer.WriteNumber(long.MaxValue);
            writer.End();
            writer.End();
            writer.WriteKey("c"u8);
            writer.WriteRaw("2:le"u8);
            writer.End();
        }));
    }

    [Fact]
    public void Unsorted_and_repeated_keys_throw()
    {
        Refuses(writer => Keys(writer, "b", "a"));
        Refuses(writer => Keys(writer, "a", "a"));
        Refuses(writer => Keys(writer, "ab", "a"));
        Assert.Equal("d1:ai1e2:abi1e1:bi1ee", Written(writer =>
        {
            Keys(writer, "a", "ab", "b");
            writer.End();
        }));
    }

    [Fact]
    public void Calls_that_would_not_give_valid_bencoding_throw()
    {
        Refuses(writer => writer.End());
        Refuses(writer => writer.WriteKey("a"u8));
        Refuses(writer =>
        {
            writer.BeginList();
            writer.WriteKey("a"u8);
        });
        Refuses(writer =>
        {
            writer.BeginDictionary();
            writer.WriteNumber(1);
        });
        Refuses(writer =>
        {
            writer.BeginDictionary();
            writer.WriteKey("a"u8);
            writer.WriteKey("b"u8);
        });
        Refuses(writer =>
        {
            writer.BeginDictionary();
            writer.WriteKey("a"u8);
            writer.End();
        });
    }

    private static void Keys(BencodeWriter writer, params string[] keys)
    {
        writer.BeginDictionary();
        foreach (string key in keys)
        {
            writer.WriteKey(Encoding.ASCII.GetBytes(key));
            writer.WriteNumber(1);
        }
    }

    private static string Written(Action<BencodeWriter> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(new BencodeWriter(output));
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private static void Refuses(Action<BencodeWriter> write) =>
        Assert.Throws<InvalidOperationException>(() => write(new BencodeWriter(new ArrayBufferWriter<byte>())));
}
