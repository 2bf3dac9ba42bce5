# Downloads the torrent files and the magnet links (*.magnet, one a line) of a folder: three at a time, 20 MB/s in all.
param([string] $Folder = '.', [string] $Destination = "$Folder/done", [string] $Report = "$Folder/report.csv")
Import-Module TorrentPS
Set-TorrentSession -DownloadLimit 20MB
$limits = @{ ThrottleLimit = 3; StallTimeout = '30m'; Timeout = '6h' }
$results = & {
    Get-ChildItem $Folder -Filter *.torrent
    Get-ChildItem $Folder -Filter *.magnet | Get-Content | Where-Object { $_ }
} | Start-TorrentDownload -Destination $Destination @limits -Wait
$results | Select-Object Source, State, GoalReached, Error, Downloaded, Elapsed | Export-Csv $Report
exit [int]($results.GoalReached -contains $false)
