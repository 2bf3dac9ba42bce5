BeforeDiscovery {
    $kinds = 'Info', 'File', 'FileProgress', 'Tracker', 'Magnet', 'Status', 'Peer', 'Left', 'Block', 'Piece', 'Sample', 'Session',
        'Event', 'Test', 'FileTest', 'Job', 'Result'
}

BeforeAll {
    . $PSScriptRoot/Common.ps1
    Push-Location $TestDrive
    $null = New-Item data -ItemType Directory
    New-Content data/album -Size 4MB -Seed 5
    $info = New-Torrent data/album -OutputPath album.torrent -Tracker 'http://127.0.0.1:9/announce' -WebSeed 'http://127.0.0.1:9/data/' -PieceLength 64KB
    $seedPort = Get-FreePort
    $seed = Start-TorrentSeed album.torrent -DataPath data -Port $seedPort -BindAddress 127.0.0.1
    Wait-Until { $seed.Status.State -eq 'Seeding' } | Should -BeTrue
    $job = Start-TorrentDownload album.torrent -Destination slow -Peer "127.0.0.1:$seedPort" -Port (Get-FreePort) -BindAddress 127.0.0.1 -DownloadLimit 80KB
    Wait-Until { $job.Status.PiecesHave -gt 3 } | Should -BeTrue
    $done = Start-TorrentDownload album.torrent -Destination done -Peer "127.0.0.1:$seedPort" -Port (Get-FreePort) -BindAddress 127.0.0.1
    $null = $done | Wait-Job -Timeout 60
    $done.State | Should -Be Completed
    Block-TorrentPeer 198.51.100.0/24
    $test = Test-Torrent album.torrent -DataPath data
    $objects = @{
        Info = $info
        File = $info.Files[0]
        FileProgress = $job | Get-TorrentFile | Select-Object -First 1
        Tracker = $info.Trackers[0]
        Magnet = Get-TorrentInfo -Magnet $info.Magnet
        Status = $job | Get-Torrent
        Peer = $job | Get-TorrentPeer | Select-Object -First 1
        Left = $done | Get-TorrentPeer -IncludeDisconnected | Select-Object -First 1
        Block = Get-TorrentPeer -Blocked | Select-Object -First 1
        Piece = $job | Get-TorrentPiece | Select-Object -First 1
        Sample = $job | Measure-Torrent -Count 1
        Session = Get-TorrentSession
        Event = Get-TorrentEvent | Select-Object -First 1
        Test = $test
        FileTest = $test.Files[0]
        Job = $job
        Result = $done.Result
    }
}

AfterAll {
    Remove-AllJobs
    Set-TorrentSession -BlockList @()
    Pop-Location
}

Describe 'The object <_>' -ForEach $kinds {
    BeforeAll { $object = $objects[$_] }

    It 'has a view that fits 80 and 120 columns' {
        foreach ($width in 80, 120) {
            $lines = ($object | Out-String -Width $width) -split '\r?\n' | Where-Object { $_ }
            $lines | ForEach-Object { $_.Length | Should -BeLessOrEqual $width }
            # A column that gets too little space has its label broken into lines of a few letters.
            $rule = @($lines | Where-Object { $_ -match '^[- ]+$' })
            if ($rule) { $lines[1] | Should -Be $rule[0] -Because 'the labels of a table take one line' }
            if ($rule -and $lines[0] -match '\S$') { ($rule[0].TrimEnd() -split ' +')[-1].Length | Should -BeGreaterThan 1 }
        }
    }

    It 'exports no type names' {
        if ($_ -eq 'Job') { return } # The properties of all jobs of PowerShell.
        $row = $object | ConvertTo-Csv | ConvertFrom-Csv
        foreach ($property in $row.PSObject.Properties) {
            $property.Value | Should -Not -Match '\[\]|^System\.|^TorrentPS\.' -Because $property.Name
        }
    }

    It 'is written as JSON of depth 3 without loss' {
        $json = $object | ConvertTo-Json -Depth 3 -WarningVariable warnings -WarningAction SilentlyContinue
        $warnings | Should -BeNullOrEmpty
        $json.Length | Should -BeLessThan 200KB
        $json | ConvertFrom-Json | Should -Not -BeNullOrEmpty
    }
}

Describe 'Lists in objects' {
    It 'are typed, and export as flat strings' {
        $info.Files[0].Size | Should -BeOfType long
        $info.Files.Count | Should -Be 4
        $info.Files.Length | Should -Be 4
        $row = $info | ConvertTo-Csv | ConvertFrom-Csv
        $row.Files | Should -Be (($info.Files | ForEach-Object Path) -join '; ')
        $row.Trackers | Should -Be 'http://127.0.0.1:9/announce'
        $row.WebSeeds | Should -Be 'http://127.0.0.1:9/data/'
        (Get-TorrentSession | ConvertTo-Csv | ConvertFrom-Csv).BlockList | Should -Be '198.51.100.0/24'
        @(($info | ConvertTo-Json -Depth 3 | ConvertFrom-Json).Files).Count | Should -Be 4
    }
}

Describe 'Get-TorrentFile' {
    It 'shows progress, priority and pieces of each file while the download runs' {
        $files = @($job | Get-TorrentFile)
        $files.Path | Should -Be ($info.Files | ForEach-Object Path)
        $big = $files | Where-Object Path -Like '*one.bin'
        $big.Progress | Should -BeGreaterThan 0
        $big.Progress | Should -BeLessThan 100
        $big.Completed | Should -BeLessThan $big.Size
        $big.Priority | Should -Be Normal
        ($files | Measure-Object Completed -Sum).Sum | Should -BeLessOrEqual $job.Status.Size
        $empty = $files | Where-Object Size -EQ 0
        $empty.Progress | Should -Be 100
        $empty.FirstPiece | Should -BeNullOrEmpty
        foreach ($file in $files | Where-Object Size) {
            $expected = $info.Files | Where-Object Index -EQ $file.Index
            $file.FirstPiece | Should -Be $expected.FirstPiece
            $file.LastPiece | Should -Be ($expected.FirstPiece + $expected.PieceCount - 1)
        }
        $job | Set-Torrent -FilePriority @{ '*one.bin' = 'High'; '*two.bin' = 'Skip' }
        ($job | Get-TorrentFile | Where-Object Path -Like '*one.bin').Priority | Should -Be High
        ($job | Get-TorrentFile | Where-Object Path -Like '*two.bin').Priority | Should -Be Skip
        $before = $big.Completed
        Wait-Until { (Get-Torrent album | Get-TorrentFile | Where-Object { $_.Path -like '*one.bin' -and $_.Progress -lt 100 }).Completed -gt $before } | Should -BeTrue
    }

    It 'adds up to the whole content of a seed' {
        $files = @($seed | Get-TorrentFile)
        ($files | Measure-Object Completed -Sum).Sum | Should -Be $info.Size
        $files.Progress | Sort-Object -Unique | Should -Be 100
    }

    It 'warns that the files of a magnet link are not known yet' {
        $link = Start-TorrentDownload "magnet:?xt=urn:btih:$('ab' * 20)&dn=unknown" -Destination link -Port (Get-FreePort) -BindAddress 127.0.0.1
        $link | Get-TorrentFile -WarningVariable warnings -WarningAction SilentlyContinue | Should -BeNullOrEmpty
        $warnings | Should -BeLike '*unknown*metadata*'
        $link | Remove-Job -Force
    }
}

Describe 'Jobs' {
    It 'show progress and rate in Get-Job, also beside jobs of other types' {
        $text = Get-Job | Out-String -Width 80
        $text | Should -Match 'Id Name +State +Progress +Down +Up +ETA'
        $text | Should -Match "$($job.Id) album +Running +\d+\.\d %"
        $other = Start-ThreadJob { } -Name another
        ($other, $job | Out-String -Width 120) -split '\r?\n' | Where-Object { $_ -match '^\d+ +(another|album)' } | Should -HaveCount 2
        ($job, $other | Out-String -Width 120) -split '\r?\n' | Where-Object { $_ -match '^ *\d+ +(another|album)' } | Should -HaveCount 2
        ($other | Out-String) | Should -Match 'HasMoreData' -Because 'the view of other jobs stays as it is'
        $other | Remove-Job -Force
    }

    It 'show statuses and result readably in any order' {
        $received = @($done | Receive-Job -Keep)
        $received[-1].GetType().Name | Should -Be TorrentResult
        $rows = ($received | Out-String -Width 80) -split '\r?\n' | Where-Object { $_ }
        $rows[-1] | Should -Match '^album +Completed +100\.0 % +4\.'
        $rows.Count | Should -Be ($received.Count + 2) -Because 'one table has a row for each status and the result'
        [array]::Reverse($received)
        $text = $received | Out-String -Width 80
        $text | Should -Match 'Progress +: 100\.0 % of 4\.'
        $text | Should -Not -Match 'ProtocolDownloaded'
        $done.Result | Out-String | Should -Match 'AverageRate : '
    }
}
