BeforeAll {
    . $PSScriptRoot/Common.ps1
    Push-Location $TestDrive
    $null = New-Item data -ItemType Directory
    New-Content data/album -Size 2MB -Seed 9
    $atFirst = Get-TorrentSession
    $root = (Get-Item data).FullName

    # A web server that supports range requests. The first response is held until it is released.
    $url = "http://127.0.0.1:$(Get-FreePort)/"
    $listener = [System.Net.HttpListener]::new()
    $listener.Prefixes.Add($url)
    $listener.Start()
    $asked = [System.Collections.Concurrent.ConcurrentQueue[string]]::new()
    $gate = [System.Threading.ManualResetEventSlim]::new($false)
    $serving = Start-ThreadJob -ArgumentList $listener, $root, $asked, $gate {
        param($listener, $root, $asked, $gate)
        while ($listener.IsListening) {
            try { $context = $listener.GetContext() } catch { return }
            $asked.Enqueue($context.Request.RawUrl)
            $null = $gate.Wait(20000)
            $bytes = [System.IO.File]::ReadAllBytes("$root$([uri]::UnescapeDataString($context.Request.RawUrl))")
            $first, $last = [int[]]($context.Request.Headers['Range'] -replace 'bytes=' -split '-')
            $context.Response.StatusCode = 206
            $context.Response.AddHeader('Content-Range', "bytes $first-$last/$($bytes.Count)")
            try { $context.Response.OutputStream.Write($bytes, $first, $last - $first + 1); $context.Response.Close() } catch { continue }
        }
    }

    $info = New-Torrent data/album -OutputPath album.torrent -WebSeed $url
    $local = @{ BindAddress = '127.0.0.1'; Port = (Get-FreePort) }
}

AfterAll {
    # Stop the server first: a job that waits for a request cannot be removed.
    $gate.Set()
    $listener.Stop()
    $null = $serving | Wait-Job -Timeout 20
    Remove-AllJobs
    $atFirst | Set-TorrentSession
    Pop-Location
}

Describe 'Web seeds' {
    It 'are not used when the session disables them, also while a torrent is running' {
        Set-TorrentSession -EnableWebSeeds $false
        (Get-TorrentSession).EnableWebSeeds | Should -BeFalse
        (Get-TorrentSession | Out-String) | Should -Match 'EnableWebSeeds\s+: off'
        $job = Start-TorrentDownload album.torrent -Destination down @local
        Wait-Until { ($job | Get-Torrent).State -eq 'Downloading' } | Should -BeTrue
        $job | Get-TorrentPeer | Should -BeNullOrEmpty
        $asked.Count | Should -Be 0
        Set-TorrentSession -EnableWebSeeds $true
        Wait-Until { $asked.Count -gt 0 } | Should -BeTrue
    }

    It 'are shown among the peers and counted separately' {
        Wait-Until { (Get-Job | Get-Torrent).WebSeeds -eq 1 } | Should -BeTrue
        (Get-Job | Get-Torrent).Peers | Should -Be 0
        $seed = Get-Job | Get-TorrentPeer
        $seed.Source | Should -Be WebSeed
        $seed.Client | Should -Be 'web seed'
        $seed.Url | Should -Be $url
        $seed.Progress | Should -Be 100
    }

    It 'complete a download without peers' {
        $gate.Set()
        $result = Get-Job | Where-Object Name -Like '*album*' | Wait-Job -Timeout 30 | Receive-Job | Select-Object -Last 1
        $result.GoalReached | Should -BeTrue
        Get-ContentHash down/album | Should -Be (Get-ContentHash data/album)
        $asked | Should -Contain '/album/deep%20er/%C3%BCn%C3%AF.txt'
    }

    It 'are kept in the torrent file that is saved from a magnet link' {
        $link = $info.Magnet
        $link | Should -Match ([regex]::Escape([uri]::EscapeDataString($url)))
        $null = Start-TorrentSeed album.torrent -DataPath data -SkipCheck -Port ($port = Get-FreePort) -BindAddress 127.0.0.1 | Wait-Check
        $null = Save-TorrentMetadata $link -Destination saved.torrent -Peer "127.0.0.1:$port"
        (Get-TorrentInfo saved.torrent).WebSeeds | Should -Be $url
    }
}
