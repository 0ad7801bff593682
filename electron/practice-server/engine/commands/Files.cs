using System.Management.Automation;
using System.Text;

namespace PSDeck.Engine;

/// <summary>The names that -Encoding takes, as everywhere in PowerShell; UTF-8 without a mark where none is given.</summary>
internal static class Encodings
{
    public static Encoding Default { get; } = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

    public static Encoding FromName(string name) => name.ToLowerInvariant() switch
    {
        "ascii" => Encoding.ASCII,
        "ansi" or "oem" or "default" or "utf8" or "utf8nobom" => Default,
        "bigendianunicode" => Encoding.BigEndianUnicode,
        "bigendianutf32" => new UTF32Encoding(bigEndian: true, byteOrderMark: true),
        "unicode" or "string" => Encoding.Unicode,
        "utf8bom" => new UTF8Encoding(encoderShouldEmitUTF8Identifier: true),
        "utf32" => Encoding.UTF32,
        _ => Encoding.GetEncoding(name),
    };
}

[AttributeUsage(AttributeTargets.Property)]
internal sealed class EncodingArgumentAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        var value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        try
        {
            return value switch
            {
                string name => Encodings.FromName(name),
                int codePage => Encoding.GetEncoding(codePage),
                _ => inputData,
            };
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            throw new ArgumentTransformationMetadataException(error.Message, error);
        }
    }
}

/// <summary>Opening the file that a command names.</summary>
internal static class Files
{
    public static string Resolve(PSCmdlet command, string path, bool literal)
    {
        var session = command.SessionState.Path;
        ProviderInfo provider;
        string file;
        if (literal || !WildcardPattern.ContainsWildcardCharacters(path))
        {
            file = session.GetUnresolvedProviderPathFromPSPath(path, out provider, out _);
        }
        else
        {
            var found = session.GetResolvedProviderPathFromPSPath(path, out provider);
            if (found.Count > 1)
            {
                Fail(command, new PSInvalidOperationException(
                    "Cannot perform operation because the path resolved to more than one file."), "ReadWriteMultipleFilesNotSupported", path);
            }
            file = found[0];
        }
        if (provider.Name != "FileSystem")
        {
            Fail(command, new PSInvalidOperationException(
                $"Cannot open file because the current provider ({provider.Name}) cannot open a file."), "ReadWriteFileNotFileSystemProvider", path);
        }
        return file;
    }

    public static StreamWriter OpenWriter(
        PSCmdlet command, string path, bool literal, Encoding encoding, bool append, bool force, bool noClobber)
    {
        var file = Resolve(command, path, literal);
        try
        {
            if (force && File.Exists(file) && File.GetAttributes(file).HasFlag(FileAttributes.ReadOnly))
            {
                File.SetAttributes(file, File.GetAttributes(file) & ~FileAttributes.ReadOnly);
            }
            var mode = append ? FileMode.Append : noClobber ? FileMode.CreateNew : FileMode.Create;
            return new StreamWriter(new FileStream(file, mode, FileAccess.Write, FileShare.Read), encoding);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            Fail(command, error, noClobber && File.Exists(file) ? "NoClobber" : "FileOpenFailure", path);
            throw;
        }
    }

    public static StreamReader OpenReader(PSCmdlet command, string path, bool literal, Encoding encoding)
    {
        var file = Resolve(command, path, literal);
        try
        {
            return new StreamReader(file, encoding, detectEncodingFromByteOrderMarks: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            Fail(command, error, "FileOpenFailure", path);
            throw;
        }
    }

    private static void Fail(PSCmdlet command, Exception error, string id, string path) =>
        command.ThrowTerminatingError(new ErrorRecord(error, id, ErrorCategory.OpenError, path));
}
