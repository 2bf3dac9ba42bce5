BeforeAll {
    . $PSScriptRoot/Common.ps1
    Push-Location $TestDrive
    $null = New-Item data -ItemType Directory
    New-Content data/linked -Size 300KB -Seed 5
    # A new info hash for each run, so that no stored metadata is used.
    $info = New-Torrent data/linked -OutputPath linked.torrent -Source ([guid]::NewGuid())
    $second = New-Torrent data/linked -OutputPath second.torrent -Source ([guid]::NewGuid())
    $seedPort = Get-FreePort
    $local = @{ BindAddress = '127.0.0.1' }
    $null = Start-TorrentSeed linked.torrent, second.torrent -DataPath data -Port $seedPort @local | Wait-Check
    $fromSeed = @{ Peer = "127.0.0.1:$seedPort" }
}

AfterAll {
    Remove-AllJobs
    Pop-Location
}

Describe 'Magnet links' {
    It 'are read without peers when given as -Path' {
        $read = Get-TorrentInfo $info.Magnet
        $read.InfoHash | Should -Be $info.InfoHash
        $read.PieceCount | Should -BeNullOrEmpty
    }

    It 'are reported with MetadataTimeout when no peer sends the metadata' {
        $watch = [System.Diagnostics.Stopwatch]::StartNew()
        Get-TorrentInfo -Magnet 'magnet:?xt=urn:btih:00112233445566778899aabbccddeeff00112233' -TimeoutSec 1 -ErrorVariable errors -ErrorAction SilentlyContinue |
            Should -BeNullOrEmpty
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'MetadataTimeout,*'
        $errors[0].CategoryInfo.Category | Should -Be OperationTimeout
        $watch.Elapsed.TotalSeconds | Should -BeLessThan 10
    }

    It 'give the same information as the torrent file, without downloading content' {
        $fetched = Get-TorrentInfo -Magnet $info.Magnet @fromSeed -TimeoutSec 20
        $fetched.Files.Path | Should -Be $info.Files.Path
        $fetched.PieceCount | Should -Be $info.PieceCount
        $fetched.Size | Should -Be $info.Size
        Get-ChildItem -Directory | Should -HaveCount 1
        ($fetched | Test-Torrent -DataPath data).IsComplete | Should -BeTrue
    }

    It 'are saved as torrent files, and overwrite a file only with -Force' {
        Save-TorrentMetadata $info.Magnet -Destination saved.torrent @fromSeed -WhatIf
        'saved.torrent' | Should -Not -Exist
        $file = Save-TorrentMetadata $info.Magnet -Destination saved.torrent @fromSeed -PassThru
        $file | Should -BeOfType System.IO.FileInfo
        (Get-TorrentInfo saved.torrent).InfoHash | Should -Be $info.InfoHash
        $before = (Get-Item saved.torrent).LastWriteTimeUtc
        Save-TorrentMetadata $info.Magnet -Destination saved.torrent @fromSeed -ErrorVariable errors -ErrorAction SilentlyContinue
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'FileExists,*'
        (Get-Item saved.torrent).LastWriteTimeUtc | Should -Be $before
        $info | Save-TorrentMetadata -Destination saved.torrent -Force
        Get-Torrent | Where-Object InfoHash -EQ $second.InfoHash | Save-TorrentMetadata -Destination $TestDrive
        'linked.torrent' | Should -Exist
        Get-ChildItem *.tmp | Should -BeNullOrEmpty
    }

    It 'are downloaded with -Wait or in a job' {
        $result = Start-TorrentDownload $info.Magnet -Destination ./here @fromSeed -Port (Get-FreePort) @local -Wait
        $result.GoalReached | Should -BeTrue
        Get-ContentHash here/linked | Should -Be (Get-ContentHash data/linked)

        $job = Start-TorrentDownload $second.Magnet -Destination ./there -FilePriority @{ '*.bin' = 'Skip' } @fromSeed -Port (Get-FreePort) @local
        ($job | Wait-Job -Timeout 30).State | Should -Be Completed
        $job.Result.Path | Should -Be (Join-Path $TestDrive there linked)
        'there/linked/one.bin' | Should -Not -Exist
        'there/linked/deep er/ünï.txt' | Should -Exist
        $job | Remove-Job
    }

    It 'wait for peers in a job that can be suspended and stopped' {
        $job = Start-TorrentDownload 'magnet:?xt=urn:btih:00112233445566778899aabbccddeeff00112233&dn=Nobody' -Destination ./never -Port (Get-FreePort) @local
        $job.Name | Should -Be Nobody
        $job.Status.State | Should -Be DownloadingMetadata
        (Get-Torrent Nobody).State | Should -Be DownloadingMetadata
        $job | Suspend-Job
        $job.State | Should -Be Suspended
        $job | Resume-Job
        $job | Stop-Job
        $job.State | Should -Be Stopped
        'never' | Should -Not -Exist
        $job | Remove-Job
    }

    It 'are given to Start-TorrentSeed, which returns before the metadata is known' {
        # A peer that accepts connections and never answers.
        $silent = [System.Net.Sockets.TcpListener]::new([System.Net.IPAddress]::Loopback, 0)
        $silent.Start()
        $starting = Start-ThreadJob -ArgumentList $ModulePath, $silent.LocalEndpoint.Port, (Get-FreePort), $TestDrive {
            param($ModulePath, $Peer, $Port, $Folder)
            Import-Module $ModulePath
            Start-TorrentSeed 'magnet:?xt=urn:btih:00112233445566778899aabbccddeeff00112234&dn=Silent' -DataPath $Folder -Peer "127.0.0.1:$Peer" -Port $Port -BindAddress 127.0.0.1
        }
        try {
            $job = ($starting | Wait-Job -Timeout 30) ? ($starting | Receive-Job) : $null
            $job | Should -Not -BeNullOrEmpty
            $job.Status.State | Should -Be DownloadingMetadata
            $job | Stop-Job
            $job.State | Should -Be Stopped
        }
        finally {
            Get-Torrent Silent* | Stop-Torrent
            $starting | Remove-Job -Force
            $silent.Stop()
        }
    }

    It 'fail the job of Start-TorrentSeed when the metadata is known and the data is not there' {
        $lost = New-Torrent data/linked -OutputPath lost.torrent -Source ([guid]::NewGuid())
        $port = Get-FreePort
        $other = Start-TorrentSeed lost.torrent -DataPath data -Port $port @local | Wait-Check
        $job = Start-TorrentSeed $lost.Magnet -DataPath ./nowhere -Peer "127.0.0.1:$port" -Port (Get-FreePort) @local
        ($job | Wait-Job -Timeout 30).State | Should -Be Failed
        $job.Result.FaultId | Should -Be ContentMissing
        $job.Result.Error | Should -BeLike "*nowhere' does not exist*"
        # Now the metadata is stored, so the cmdlet itself reports the error.
        Start-TorrentSeed $lost.Magnet -DataPath ./nowhere -Port (Get-FreePort) @local -ErrorVariable errors -ErrorAction SilentlyContinue | Remove-Job
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'DataNotFound,*'
        $job, $other | Remove-Job -Force
    }

    It 'can be given to Start-TorrentSeed' {
        $job = Start-TorrentSeed $info.Magnet -DataPath data -Peer "127.0.0.1:$seedPort" -Port (Get-FreePort) @local | Wait-Check
        $job.Status.State | Should -Be Seeding
        $job | Remove-Job -Force
    }
}
