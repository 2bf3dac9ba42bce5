@{
    RootModule           = 'TorrentPS.dll'
    ModuleVersion        = '0.1.0'
    GUID                 = 'a1f5f2de-6f0b-4c2e-9d7c-5f0a1c3f7b52'
    Author               = 'The TorrentPS contributors'
    CompanyName          = 'The TorrentPS contributors'
    Copyright            = '(c) The TorrentPS contributors'
    Description          = 'Inspect, download, seed, create and verify BitTorrent torrents. Includes its own BitTorrent engine.'
    PowerShellVersion    = '7.6'
    CompatiblePSEditions = @('Core')

    CmdletsToExport      = @(
        'Add-TorrentTracker'
        'Block-TorrentPeer'
        'Find-TorrentPeer'
        'Get-Torrent'
        'Get-TorrentDht'
        'Get-TorrentDhtItem'
        'Get-TorrentEvent'
        'Get-TorrentFile'
        'Get-TorrentInfo'
        'Get-TorrentPeer'
        'Get-TorrentPiece'
        'Get-TorrentSession'
        'Get-TorrentTracker'
        'Measure-Torrent'
        'New-Torrent'
        'Remove-TorrentTracker'
        'Resume-Job'
        'Save-TorrentMetadata'
        'Set-Torrent'
        'Set-TorrentDhtItem'
        'Set-TorrentSession'
        'Start-TorrentDownload'
        'Start-TorrentSeed'
        'Stop-Torrent'
        'Suspend-Job'
        'Test-Torrent'
        'Unblock-TorrentPeer'
        'Update-TorrentTracker'
        'Wait-Torrent'
    )
    FunctionsToExport    = @()
    AliasesToExport      = @()
    VariablesToExport    = @()

    FormatsToProcess     = @('TorrentPS.Format.ps1xml')
    TypesToProcess       = @('TorrentPS.Types.ps1xml')

    PrivateData          = @{
        PSData = @{
            # The project has no public address yet. Therefore ProjectUri, LicenseUri and IconUri are not given; the
            # licence is the file LICENSE beside this one.
            ReleaseNotes = 'First version. CHANGELOG.md in the source lists what it contains.'
            Tags         = @('BitTorrent', 'torrent', 'download', 'PSEdition_Core', 'Windows', 'Linux', 'MacOS')
        }
    }
}
