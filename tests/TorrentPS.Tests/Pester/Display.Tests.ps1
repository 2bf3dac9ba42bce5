BeforeAll {
    . $PSScriptRoot/Common.ps1
    Push-Location $TestDrive

    # Terminal colours and title, backspace, C1 control sequence introducer, right-to-left override, isolate.
    $hostile = "a`e[31m`e]0;x`a`b`u{9b}2J`u{202e}gpj`u{2066}c"
    # PowerShell itself writes colours, but none of these.
    $harmful = "a`e\[31m|`e\]|`a|`b|[`u{80}-`u{9f}`u{61c}`u{200e}`u{200f}`u{2028}-`u{202e}`u{2066}-`u{2069}]"

    function ConvertTo-Bencode($Value) {
        if ($Value -is [int]) { return "i${Value}e" }
        if ($Value -is [string]) {
            $bytes = [System.Text.Encoding]::UTF8.GetBytes($Value)
            return "$($bytes.Length):$([System.Text.Encoding]::Latin1.GetString($bytes))"
        }
        if ($Value -is [System.Collections.IDictionary]) {
            $keys = [string[]]@($Value.Keys)
            [array]::Sort($keys, [System.StringComparer]::Ordinal)
            $entries = foreach ($key in $keys) { (ConvertTo-Bencode $key) + (ConvertTo-Bencode $Value[$key]) }
            return "d$(-join $entries)e"
        }
        $items = foreach ($item in $Value) { ConvertTo-Bencode $item }
        "l$(-join $items)e"
    }

    function Start-Answer([scriptblock] $Serve, [object[]] $With) {
        # Runs a server in a thread; it answers each connection with the script.
        $listener = [System.Net.Sockets.TcpListener]::new([System.Net.IPAddress]::Loopback, 0)
        $listener.Start()
        $job = Start-ThreadJob -ArgumentList $listener, $Serve.ToString(), $With {
            param($listener, $serve, $with)
            $serve = [scriptblock]::Create($serve)
            while ($true) {
                try { $client = $listener.AcceptTcpClient() } catch { return }
                try { & $serve $client.GetStream() @with } catch { $null = $_ } finally { $client.Dispose() }
            }
        }
        [pscustomobject]@{ Listener = $listener; Port = $listener.LocalEndpoint.Port; Job = $job }
    }

    $http = {
        param($stream, $body)
        $reader = [System.IO.StreamReader]::new($stream)
        while ($reader.ReadLine()) { }
        $bytes = [System.Text.Encoding]::Latin1.GetBytes($body)
        $head = "HTTP/1.1 200 OK`r`nContent-Length: $($bytes.Length)`r`nConnection: close`r`n`r`n"
        $stream.Write([System.Text.Encoding]::ASCII.GetBytes($head))
        $stream.Write($bytes)
    }
    $peerProtocol = {
        param($stream, $extension)
        $handshake = [byte[]]::new(68)
        $stream.ReadExactly($handshake)
        [System.Text.Encoding]::ASCII.GetBytes('-XX0001-abcdefghijkl').CopyTo($handshake, 48)
        $payload = [System.Text.Encoding]::Latin1.GetBytes($extension)
        $stream.Write($handshake)
        $stream.Write([byte[]](0, 0, 0, ($payload.Length + 2), 20, 0))
        $stream.Write($payload)
        $null = $stream.ReadByte()
        Start-Sleep -Seconds 1
    }
    $peer = Start-Answer $peerProtocol @(, (ConvertTo-Bencode @{ m = @{ ut_metadata = 1 }; v = $hostile }))
    $failing = Start-Answer $http @(, (ConvertTo-Bencode @{ 'failure reason' = $hostile }))
    $compact = [System.Text.Encoding]::Latin1.GetString([byte[]](127, 0, 0, 1, ($peer.Port -shr 8), ($peer.Port -band 255)))
    $warning = "d8:intervali60e5:peers6:$compact$((ConvertTo-Bencode @{ 'warning message' = $hostile }).Substring(1))"
    $answering = Start-Answer $http @(, $warning)

    $trackers = "http://127.0.0.1:$($failing.Port)/announce", "http://127.0.0.1:$($answering.Port)/announce"
    $torrent = ConvertTo-Bencode @{
        'announce-list' = $trackers
        comment = $hostile
        'created by' = $hostile
        info = @{
            files = @(@{ length = 1; path = @($hostile, $hostile) }, @{ length = 2; path = @("$hostile.txt") })
            name = $hostile
            'piece length' = 16384
            pieces = 'a' * 20
            source = $hostile
        }
    }
    $bytes = [System.Text.Encoding]::Latin1.GetBytes($torrent)
    [System.IO.File]::WriteAllBytes("$TestDrive/evil.torrent", $bytes)
    [System.IO.File]::WriteAllBytes("$TestDrive/broken.torrent", $bytes[0..($bytes.Length - 40)])
    $magnet = 'magnet:?xt=urn:btih:c12fe1c06bba254a9dc9f519b335aa7c1367a88a&dn=' + [uri]::EscapeDataString($hostile) +
        '&tr=' + [uri]::EscapeDataString($trackers[0])
    $null = New-Item -ItemType Directory data
}

AfterAll {
    foreach ($server in $peer, $failing, $answering) { $server.Listener.Stop() }
    Remove-AllJobs
    Pop-Location
}

Describe 'Text from torrents, magnet links, trackers and peers' {
    It 'controls no terminal in the output of any cmdlet' {
        $download = Start-TorrentDownload evil.torrent -Destination ./out -Port 0 -BindAddress 127.0.0.1
        Wait-Until { @(Get-TorrentEvent | Where-Object Kind -In TrackerFailed, TrackerAnswered).Count -ge 2 } | Should -BeTrue
        Wait-Until { Get-TorrentEvent | Where-Object Kind -In PeerConnected, PeerDisconnected } | Should -BeTrue
        $runs = @{
            'Get-TorrentInfo' = {
                Get-TorrentInfo evil.torrent
                Get-TorrentInfo evil.torrent | Format-List
                Get-TorrentInfo evil.torrent | Format-List *
                (Get-TorrentInfo evil.torrent).Files | Format-List *
                Get-TorrentInfo broken.torrent
                Get-TorrentInfo $magnet | Format-List *
                Get-TorrentInfo "magnet:?xt=urn:btih:$hostile"
                Get-TorrentInfo "$hostile.torrent"
            }
            'Test-Torrent' = { Test-Torrent evil.torrent -DataPath data -Verbose | Format-List *; Test-Torrent $magnet }
            'New-Torrent' = { New-Torrent "./$hostile"; New-Torrent data -Tracker $hostile }
            'Get-TorrentPeer' = {
                Get-TorrentPeer evil.torrent -TimeoutSeconds 10 | Format-List *
                Get-TorrentPeer evil.torrent -TimeoutSeconds 10 -Handshake | Format-List *
            }
            'Start-TorrentDownload' = {
                Start-TorrentDownload $magnet -Destination ./other -WhatIf
                Start-TorrentDownload evil.torrent -Destination ./out
                Start-TorrentDownload evil.torrent -Destination ./third -Include $hostile
            }
            'Start-TorrentSeed' = { Start-TorrentSeed evil.torrent -DataPath data -WhatIf }
            'Save-TorrentMetadata' = { Save-TorrentMetadata $magnet -Destination ./saved -WhatIf }
            'Get-TorrentEvent' = { Get-TorrentEvent; Get-TorrentEvent | Format-List * }
            'Set-TorrentDhtItem' = { Set-TorrentDhtItem $hostile -WhatIf }
            'Get-TorrentDhtItem' = { Get-TorrentDhtItem $hostile }
            'Find-TorrentPeer' = { Find-TorrentPeer $hostile }
            'Get-Torrent' = { Get-Torrent; Get-Torrent | Format-List * ; Get-Job | Receive-Job }
            'Get-TorrentSession' = { Get-TorrentSession | Format-List * }
            'Set-TorrentSession' = { Set-TorrentSession -PeerCache $hostile }
            'Wait-Torrent' = { Wait-Torrent $hostile }
            'Measure-Torrent' = { Get-Torrent | Measure-Torrent -Count 1 | Format-List * }
        }
        foreach ($name in (Get-Command -Module TorrentPS).Name) {
            # A cmdlet without a line above gets the running torrent, and changes nothing.
            $change = (Get-Command $name).Parameters.ContainsKey('WhatIf') ? @{ WhatIf = $true } : @{}
            $run = $runs[$name] ?? { $download | Get-Torrent | & $name @change }
            $text = & { try { & $run } catch { $_ } } *>&1 | Out-String -Width 500
            $shown = $text -replace '[^\x20-\x7e]', { '<{0:x}>' -f [int][char]$_.Value }
            $text | Should -Not -Match $harmful -Because "$name wrote: $shown"
        }
    }

    It 'controls no terminal in the details of any error' {
        # The user's own input stays unchanged in the target object, so the names below come from outside only.
        Push-Location data
        $Error.Clear()
        Get-TorrentInfo ../evil.torrent -ErrorAction SilentlyContinue | Out-Null
        Get-TorrentInfo ../broken.torrent -ErrorAction SilentlyContinue
        Get-TorrentPeer ../evil.torrent -TimeoutSeconds 10 -ErrorAction SilentlyContinue | Out-Null
        Start-TorrentDownload ../evil.torrent -Destination ./out -ErrorAction SilentlyContinue
        Start-TorrentSeed ../evil.torrent -DataPath ./nothing -Wait -ErrorAction SilentlyContinue | Out-Null
        Test-Torrent ../evil.torrent -DataPath ./nothing -ErrorAction SilentlyContinue | Out-Null
        Test-Torrent $magnet -ErrorAction SilentlyContinue
        New-Item -ItemType Directory $hostile -ErrorAction SilentlyContinue | Out-Null
        New-Torrent ./a* -ErrorAction SilentlyContinue
        Get-TorrentInfo ./a* -ErrorAction SilentlyContinue
        Pop-Location

        $own = @($Error | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] -and $_.FullyQualifiedErrorId -match 'TorrentPS' })
        $own.Count | Should -BeGreaterOrEqual 4
        foreach ($record in $own) {
            if ($record.TargetObject -is [string] -and $record.TargetObject -match '^[./]') { continue }
            $text = ($record | Format-List * -Force | Out-String -Width 500) + (Get-Error -InputObject $record | Out-String -Width 500)
            $shown = $text -replace '[^\x20-\x7e]', { '<{0:x}>' -f [int][char]$_.Value }
            $text | Should -Not -Match $harmful -Because "the error is: $shown"
        }

        foreach ($record in $own) {
            $exception = $record.Exception
            while ($exception) {
                $exception.ToString() | Should -Not -Match $harmful
                $exception = $exception.InnerException
            }
        }
    }

    It 'is in the typed properties without its control characters' {
        $info = Get-TorrentInfo evil.torrent
        $info.Source | Should -BeExactly 'a[31m]0;x2Jgpjc'
        $info.Comment | Should -BeExactly 'a[31m]0;x2Jgpjc'
        $info.Files[1].OriginalPath | Should -Match "`u{fffd}"
        (Get-TorrentInfo $magnet).Name | Should -BeExactly 'a[31m]0;x2Jgpjc'
        $found = Get-TorrentPeer evil.torrent -TimeoutSeconds 10 -Handshake -ErrorAction SilentlyContinue
        $found.Client | Should -BeExactly 'a[31m]0;x2Jgpjc'
        $failures = @(Get-TorrentEvent | Where-Object Kind -EQ TrackerFailed | ForEach-Object Message)
        $failures -like '*a[[]31m]0;x2Jgpjc*' | Should -Not -BeNullOrEmpty -Because "the messages are: $failures"
    }
}
