BeforeAll {
    . $PSScriptRoot/Common.ps1
    Push-Location $TestDrive
    $null = New-Item good, bad -ItemType Directory
    New-Content good/album -Size 2MB -Seed 5
    Copy-Item good/album bad -Recurse
    $bytes = [byte[]]::new(2MB)
    [System.Random]::new(9).NextBytes($bytes)
    [System.IO.File]::WriteAllBytes("$TestDrive/bad/album/one.bin", $bytes)
    $null = New-Torrent good/album -OutputPath album.torrent
    $seedPort = Get-FreePort
    $liarPort = Get-FreePort
    $seed = Start-TorrentSeed album.torrent -DataPath good -Port $seedPort -BindAddress 127.0.0.1 -UploadLimit 700KB
    # With -SkipCheck, the second seed sends data that does not match the hashes.
    $liar = Start-TorrentSeed album.torrent -DataPath bad -Port $liarPort -BindAddress 127.0.0.1 -SkipCheck
    Wait-Until { $seed.Status.State -eq 'Seeding' -and $liar.Status.State -eq 'Seeding' } | Should -BeTrue
    $iso = '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,}([+-]\d\d:\d\d|Z)$'

    function Start-Leech([string] $Destination, [string[]] $Peer = "127.0.0.1:$seedPort", [hashtable] $With = @{}) {
        Start-TorrentDownload album.torrent -Destination $Destination -Peer $Peer -Port (Get-FreePort) -BindAddress 127.0.0.1 @With
    }
}

AfterAll {
    Remove-AllJobs
    Set-TorrentSession -BlockList @()
    Pop-Location
}

Describe 'Peers that have left' {
    BeforeAll {
        $job = Start-Leech ./both "127.0.0.1:$liarPort", "127.0.0.1:$seedPort"
        $null = $job | Wait-Job -Timeout 60
    }

    AfterAll { $job | Remove-Job -Force }

    It 'are shown with reason, failed bytes and time, even after the download has ended' {
        $job.State | Should -Be Completed
        $job | Get-TorrentPeer | Should -BeNullOrEmpty -Because 'an ended torrent has no connected peers'
        $left = @($job | Get-TorrentPeer -IncludeDisconnected)
        $guilty = @($left | Where-Object IsBanned)
        $guilty.Port | Should -Be $liarPort
        $guilty.DisconnectReason | Should -Be Banned
        $guilty.DisconnectMessage | Should -Be 'Disconnected: the peer is banned.'
        $guilty.HashFailed | Should -BeGreaterThan 0
        $guilty.Disconnected | Should -BeGreaterThan $job.PSBeginTime
        $guilty.Disconnected | Should -BeOfType datetime
        $good = @($left | Where-Object Port -EQ $seedPort)
        $good.IsBanned | Should -Not -Contain $true
        ($good | Measure-Object Downloaded -Sum).Sum | Should -BeGreaterThan 1MB
    }

    It 'are exported with ISO 8601 times, and shown in a table of their own' {
        $row = $job | Get-TorrentPeer -IncludeDisconnected | Where-Object IsBanned | ConvertTo-Csv | ConvertFrom-Csv
        $row.Time | Should -Match $iso
        $row.Disconnected | Should -Match $iso
        $row.DisconnectReason | Should -Be Banned
        $text = $job | Get-TorrentPeer -IncludeDisconnected | Out-String -Width 120
        $text | Should -Match 'Left +Address +Received +Wasted +Failed +Reason'
        $text | Should -Match "127\.0\.0\.1:$liarPort .* Banned"
    }
}

Describe 'A running download' {
    BeforeAll {
        $job = Start-Leech ./slow "127.0.0.1:$liarPort", "127.0.0.1:$seedPort" @{ DownloadLimit = 150KB }
        Wait-Until { @($job | Get-TorrentPeer -IncludeDisconnected | Where-Object IsBanned) } | Should -BeTrue
        Wait-Until { $job | Get-TorrentPeer } | Should -BeTrue
    }

    AfterAll { $job | Remove-Job -Force }

    It 'lists its ban, and Unblock-TorrentPeer lifts it' {
        # Slow enough that the unbanned peer cannot send a whole piece, and be banned again, during this test.
        $job | Set-Torrent -DownloadLimit 1KB
        $ban = Get-TorrentPeer -Blocked
        $ban.Address | Should -Be "127.0.0.1:$liarPort"
        $ban.Torrent | Should -Be album
        $ban.Reason | Should -BeLike 'It sent*'
        ($ban | ConvertTo-Csv | ConvertFrom-Csv).Time | Should -Match $iso
        $ban | Unblock-TorrentPeer -WhatIf
        Get-TorrentPeer -Blocked | Should -Not -BeNullOrEmpty
        $ban | Unblock-TorrentPeer
        Get-TorrentPeer -Blocked | Should -BeNullOrEmpty
        $job | Set-Torrent -DownloadLimit 150KB
    }

    It 'samples its peers with -Interval and -Duration, with ISO 8601 times for Export-Csv' {
        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        $job | Get-TorrentPeer -Interval 0.4 -Duration 0.8 | Export-Csv peers.csv
        $clock.Elapsed.TotalSeconds | Should -BeGreaterOrEqual 0.75
        $rows = @(Import-Csv peers.csv | Where-Object Port -EQ $seedPort)
        $rows.Count | Should -Be 3
        $rows.Time | ForEach-Object { $_ | Should -Match $iso }
        $times = [datetimeoffset[]]$rows.Time
        ($times[2] - $times[0]).TotalSeconds | Should -BeGreaterThan 0.6
        @($job | Get-TorrentPeer -Count 2 -Interval 0.1 | Where-Object Port -EQ $seedPort).Count | Should -Be 2
        { Get-TorrentPeer -Count 2 -Duration 1 } | Should -Throw -ErrorId 'CountAndDuration,*'
        $sample = Measure-Torrent -Count 1 | Select-Object -First 1
        $sample.Time | Should -BeOfType datetime
        $sample.Time.ToString('yyyy') | Should -Be (Get-Date).Year
        ($sample | ConvertTo-Csv | ConvertFrom-Csv).Time | Should -Match $iso
        ($sample | ConvertTo-Json | ConvertFrom-Json).Time | Should -Be $sample.Time
        (Get-TorrentEvent | Select-Object -First 1 | ConvertTo-Csv | ConvertFrom-Csv).Time | Should -Match $iso
    }

    It 'is left by peers that are blocked from the pipeline, which do not return until they are unblocked' {
        $job | Get-TorrentPeer | Block-TorrentPeer -WhatIf
        $job | Get-TorrentPeer | Block-TorrentPeer -Confirm:$false
        (Get-TorrentSession).BlockList | Should -Be '127.0.0.1'
        Wait-Until { -not ($job | Get-TorrentPeer) } | Should -BeTrue
        @($job | Get-TorrentPeer -IncludeDisconnected | Where-Object DisconnectReason -EQ Blocked).Port | Should -Contain $seedPort
        $blocked = Get-TorrentPeer -Blocked | Where-Object Torrent -EQ $null
        $blocked.Address | Should -Be '127.0.0.1'
        $blocked.Reason | Should -Be 'Blocked by the user.'
        $other = Start-Leech ./refused
        $null = $other | Wait-Job -Timeout 1
        $other | Get-TorrentPeer -IncludeDisconnected | Should -BeNullOrEmpty -Because 'the address is not dialed'
        $blocked | Unblock-TorrentPeer
        Wait-Until { $job | Get-TorrentPeer } | Should -BeTrue -Because 'a known address is dialed again'
        $other | Remove-Job -Force
    }
}

Describe 'Block-TorrentPeer' {
    It 'takes addresses, networks and rows of a file, and saves them with the settings' {
        'Address', '203.0.113.7', '198.51.100.0/24' | Set-Content list.csv
        Import-Csv list.csv | Block-TorrentPeer
        $added = Block-TorrentPeer '[2001:db8::7]:6881' -PassThru
        $added.Address | Should -Be '2001:db8::/64' -Because 'one subscriber has the whole /64'
        (Get-TorrentSession).BlockList | Should -Be '203.0.113.7', '198.51.100.0/24', '2001:db8::/64'
        Set-TorrentSession -Save
        $saved = & (Join-Path $PSHOME pwsh) -NoProfile -Command "Import-Module '$ModulePath'; (Get-TorrentSession).BlockList"
        $saved | Should -Be '203.0.113.7', '198.51.100.0/24', '2001:db8::/64'
        Unblock-TorrentPeer '203.0.113.7', '198.51.100.0/24', '2001:db8::9'
        (Get-TorrentSession).BlockList | Should -BeNullOrEmpty
        Set-TorrentSession -Save
    }

    It 'refuses what is no address, and web seeds' {
        Block-TorrentPeer nonsense -ErrorVariable errors -ErrorAction SilentlyContinue
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'InvalidAddress,*'
        [pscustomobject]@{ Address = '127.0.0.1'; Url = 'http://127.0.0.1/' } | Block-TorrentPeer -ErrorVariable errors -ErrorAction SilentlyContinue
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'IsWebSeed,*'
        { Set-TorrentSession -BlockList nonsense -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidSetting,*'
        (Get-TorrentSession).BlockList | Should -BeNullOrEmpty
    }

    It 'names the network when one of its addresses is to be unblocked' {
        Block-TorrentPeer 198.51.100.0/24
        Unblock-TorrentPeer 198.51.100.7 -ErrorVariable errors -ErrorAction SilentlyContinue
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'PeerNotBlocked,*'
        $errors[0].Exception.Message | Should -BeLike '*198.51.100.0/24*'
        Unblock-TorrentPeer 198.51.100.0/24
        Unblock-TorrentPeer 198.51.100.0/24 -ErrorVariable errors -ErrorAction SilentlyContinue
        $errors[0].CategoryInfo.Category | Should -Be ObjectNotFound
    }
}
