BeforeAll {
    . $PSScriptRoot/Common.ps1
    Push-Location $TestDrive
    New-Content ./album
    New-Content './[x] odd'
    $album = New-Torrent ./album -OutputPath ./album.torrent -Tracker ('http://127.0.0.1:1/a', 'http://127.0.0.1:2/a'), 'udp://127.0.0.1:3' -Comment 'for tests' -Private
    $odd = New-Torrent -LiteralPath './[x] odd' -OutputPath './[x] odd.torrent' -Version Hybrid
    Set-Content ./broken.torrent 'd4:infodee' -NoNewline
}

AfterAll { Pop-Location }

Describe 'Get-TorrentInfo' {
    It 'writes one object for each file of a wildcard, and an error for an invalid one' {
        $infos = Get-TorrentInfo *.torrent -ErrorVariable errors -ErrorAction SilentlyContinue
        $infos.Name | Sort-Object | Should -Be '[x] odd', 'album'
        $errors.Count | Should -Be 1
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'InvalidTorrent,*'
        $errors[0].CategoryInfo.Category | Should -Be InvalidData
        $errors[0].TargetObject | Should -BeLike '*broken.torrent'
        $errors[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
    }

    It 'shows sizes, hashes, files and trackers with their tiers' {
        $info = Get-TorrentInfo album.torrent
        $info.Size | Should -Be (1MB + 100001 + 77)
        $info.InfoHash | Should -Match '^[0-9a-f]{40}$'
        $info.InfoHashV2 | Should -BeNullOrEmpty
        $info.PieceCount | Should -Be ([math]::Ceiling($info.Size / $info.PieceLength))
        $info.Files.Path | Should -Contain 'album/deep er/ünï.txt'
        $info.FileCount | Should -Be 4
        $info.Trackers.Tier | Should -Be 0, 0, 1
        $info.Trackers[2].Url | Should -Be 'udp://127.0.0.1:3'
        $info.IsPrivate | Should -BeTrue
        $info.Comment | Should -Be 'for tests'
        $info.Path | Should -Be (Join-Path $TestDrive album.torrent)
    }

    It 'accepts files from Get-ChildItem, also with brackets in their names' {
        (Get-ChildItem *.torrent -Exclude broken* | Get-TorrentInfo).Name | Sort-Object | Should -Be '[x] odd', 'album'
        (Get-TorrentInfo -LiteralPath './[x] odd.torrent').InfoHashV2 | Should -Match '^[0-9a-f]{64}$'
    }

    It 'reads the same info hashes from bytes and from magnet links' {
        $bytes = [System.IO.File]::ReadAllBytes("$TestDrive/album.torrent")
        (Get-TorrentInfo -InputObject $bytes).InfoHash | Should -Be $album.InfoHash
        (, $bytes | Get-TorrentInfo).InfoHash | Should -Be $album.InfoHash
        (Get-Content album.torrent -AsByteStream -Raw | Get-TorrentInfo).InfoHash | Should -Be $album.InfoHash
        $magnet = Get-TorrentInfo $odd.Magnet
        $magnet.InfoHash | Should -Be $odd.InfoHash
        $magnet.InfoHashV2 | Should -Be $odd.InfoHashV2
        $magnet.PieceCount | Should -BeNullOrEmpty
        (Get-TorrentInfo $album.Magnet).Trackers.Count | Should -Be 3
    }

    It 'reports why a magnet link is invalid' {
        Get-TorrentInfo -Magnet 'magnet:?dn=nothing' -ErrorVariable errors -ErrorAction SilentlyContinue
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'InvalidMagnet,*'
    }

    It 'reports a missing file, and a file that is too large for a torrent' {
        Get-TorrentInfo nothing.torrent -ErrorVariable errors -ErrorAction SilentlyContinue
        $errors[0].CategoryInfo.Category | Should -Be ObjectNotFound
        $file = [System.IO.File]::Create("$TestDrive/film.bin")
        $file.SetLength(20MB)
        $file.Dispose()
        Get-TorrentInfo film.bin -ErrorVariable errors -ErrorAction SilentlyContinue
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'InvalidTorrent,*'
    }

    It 'resolves paths from the PowerShell location, not from the current directory of the process' {
        $null = New-Item sub -ItemType Directory -Force
        Copy-Item album.torrent sub
        Push-Location sub
        try { (Get-TorrentInfo ./album.torrent).Path | Should -Be (Join-Path $TestDrive 'sub' 'album.torrent') } finally { Pop-Location }
    }

    It 'writes the warnings of a torrent to the warning stream, and at most ten of them' {
        $bytes = [System.IO.File]::ReadAllBytes("$TestDrive/album.torrent")
        [System.IO.File]::WriteAllBytes("$TestDrive/tail.torrent", $bytes + [byte[]](10, 10))
        $info = Get-TorrentInfo tail.torrent -WarningVariable warnings -WarningAction SilentlyContinue
        $info.InfoHash | Should -Be $album.InfoHash
        $warnings | Should -Be "$(Join-Path $TestDrive tail.torrent): Bytes after the torrent were ignored: 2."
        $info.Warnings.Count | Should -Be 1

        $files = 'd6:lengthi1e4:pathl3:CONee' * 12
        $odd = 'd4:infod5:filesl{0}e4:name1:x12:piece lengthi16384e6:pieces20:{1}ee' -f $files, ('a' * 20)
        $null = Get-TorrentInfo -InputObject ([System.Text.Encoding]::ASCII.GetBytes($odd)) -WarningVariable many -WarningAction SilentlyContinue
        $many.Count | Should -Be 11
        $many[-1] | Should -BeLike 'x: * more warnings are in the property Warnings.'
    }

    It 'shows sizes with units in tables' {
        $text = Get-TorrentInfo album.torrent | Format-Table | Out-String -Width 200
        $text | Should -Match 'album +1\.10 MiB +4 +\d+ +[0-9a-f]{40}'
    }
}

Describe 'New-Torrent' {
    It 'creates nothing with -WhatIf' {
        New-Torrent ./album -OutputPath ./whatif.torrent -WhatIf | Should -BeNullOrEmpty
        './whatif.torrent' | Should -Not -Exist
    }

    It 'names the torrent file after the content, and overwrites it only with -Force' {
        $null = New-Item made -ItemType Directory -Force
        (New-Torrent ./album -OutputPath made).Path | Should -Be (Join-Path $TestDrive 'made' 'album.torrent')
        New-Torrent ./album -OutputPath made -ErrorVariable errors -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'FileExists,*'
        (New-Torrent ./album -OutputPath made -Force -Source here).Source | Should -Be 'here'
    }

    It 'creates a torrent of the requested version' -TestCases @(
        @{ Version = '1'; V1 = $true; V2 = $false }
        @{ Version = '2'; V1 = $false; V2 = $true }
        @{ Version = 'Hybrid'; V1 = $true; V2 = $true }
    ) {
        $info = New-Torrent ./album -OutputPath "./v$Version.torrent" -Version $Version -PieceLength 32KB
        [bool]$info.InfoHash | Should -Be $V1
        [bool]$info.InfoHashV2 | Should -Be $V2
        $info.PieceLength | Should -Be 32KB
    }

    It 'refuses an invalid tracker URL' {
        { New-Torrent ./album -OutputPath ./t.torrent -Tracker 'tracker.example' } | Should -Throw -ErrorId 'InvalidTracker,*'
    }
}

Describe 'Test-Torrent' {
    It 'reports complete data as complete, with -DataPath as the folder or the content' {
        (Test-Torrent album.torrent).IsComplete | Should -BeTrue
        Test-Torrent album.torrent -DataPath ./album -Quiet | Should -BeTrue
        (Get-TorrentInfo album.torrent | Test-Torrent -DataPath $TestDrive).Progress | Should -Be 100
    }

    It 'reports which files and pieces do not match' {
        $null = New-Item copy -ItemType Directory -Force
        Copy-Item album copy -Recurse
        $stream = [System.IO.File]::OpenWrite("$TestDrive/copy/album/one.bin")
        $stream.WriteByte(0); $stream.WriteByte(1); $stream.WriteByte(2); $stream.WriteByte(3); $stream.Dispose()
        Remove-Item 'copy/album/deep er/ünï.txt'
        $result = Test-Torrent album.torrent -DataPath copy
        $result.IsComplete | Should -BeFalse
        $result.Files.Where{ $_.Path -like '*one.bin' }.Status | Should -Be Partial
        $result.Files.Where{ $_.Path -like '*ünï.txt' }.Status | Should -Be Missing
        $result.Files.Where{ $_.Path -like '*empty' }.Status | Should -Be Complete
        $result.Pieces.Count | Should -Be $result.PieceCount
        $result.Pieces.Where{ $_ }.Count | Should -Be $result.PiecesGood
        $result.PiecesGood | Should -BeLessThan $result.PieceCount
        Test-Torrent album.torrent -DataPath copy -Quiet | Should -BeFalse
    }

    It 'reports that the data does not exist' {
        $null = New-Item void -ItemType Directory -Force
        Test-Torrent album.torrent -DataPath void -ErrorVariable errors -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'DataNotFound,*'
        Test-Torrent album.torrent -DataPath void -Quiet | Should -BeFalse
    }
}

Describe 'Passkeys' {
    It 'are in the typed properties, but not in a transcript of errors, events and tables' {
        $key = '0a1b2c3d4e5f6071'
        $url = "http://127.0.0.1:1/$key/announce?passkey=$key"
        $script = @"
            Import-Module '$((Get-Module TorrentPS).Path | Split-Path)/TorrentPS.psd1'
            Set-TorrentSession -EnableDht `$false -EnableLsd `$false -EnablePortMapping `$false -PeerCache none
            `$url = `$env:TPS_TEST_URL
            Start-Transcript '$TestDrive/transcript.txt' | Out-Null
            `$info = New-Torrent '$TestDrive/album' -OutputPath '$TestDrive/secret.torrent' -Tracker `$url -Force
            `$info | Format-List
            `$info | Format-List *Tracker*
            `$info.Trackers
            Get-TorrentPeer '$TestDrive/secret.torrent' -TimeoutSeconds 5
            Get-TorrentInfo ('magnet:?xt=nothing&tr=' + [uri]::EscapeDataString(`$url))
            Test-Torrent `$info.Magnet
            Start-TorrentSeed '$TestDrive/secret.torrent' -DataPath '$TestDrive' -Verbose | Out-Null
            while (-not (Get-TorrentEvent | Where-Object Kind -EQ TrackerFailed)) { Start-Sleep -Milliseconds 50 }
            Get-TorrentEvent
            Get-Job | Receive-Job
            Get-Error
            Get-Job | Remove-Job -Force
            Stop-Transcript | Out-Null
            'URL=' + `$info.Trackers[0].Url
"@
        Set-Content "$TestDrive/secret.ps1" $script
        $env:TPS_TEST_URL = $url
        try { $output = pwsh -NoProfile -NonInteractive -File "$TestDrive/secret.ps1" 2>&1 | Out-String }
        finally { Remove-Item env:TPS_TEST_URL }
        $transcript = Get-Content -Raw "$TestDrive/transcript.txt"
        $output | Should -BeLike "*URL=$url*"
        $transcript | Should -Not -BeLike "*$key*"
        $transcript | Should -BeLike '*http://127.0.0.1:1/`*`*`*/announce?passkey=`*`*`**'
        $transcript | Should -BeLike '*TrackerFailed*'
    }

    It 'copied from a display are refused' {
        { New-Torrent ./album -OutputPath ./masked.torrent -Tracker 'http://t.example/announce?passkey=***' } |
            Should -Throw -ErrorId 'InvalidTracker,*'
    }
}
