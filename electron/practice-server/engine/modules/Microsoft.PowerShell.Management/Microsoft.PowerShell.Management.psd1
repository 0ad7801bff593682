@{
    # The name is that of the module whose commands these stand in for: the engine itself calls them by it, in completion and in the
    # tables it shows.
    ModuleVersion = '7.0.0.0'
    GUID = 'c1a4e6f2-6f55-4d0e-8a4e-2f7f0c8b3d22'
    Author = 'PSDeck'
    CompanyName = 'PSDeck'
    Description = 'PSDeck''s reduced engine: stand-ins for everyday commands on files, locations and processes.'
    PowerShellVersion = '7.0'
    CompatiblePSEditions = @('Core')
    NestedModules = @('../../engine.dll')
    CmdletsToExport = @(
        'Add-Content',
        'Clear-Content',
        'Clear-Item',
        'Convert-Path',
        'Copy-Item',
        'Get-ChildItem',
        'Get-Content',
        'Get-Item',
        'Get-ItemProperty',
        'Get-Location',
        'Get-PSDrive',
        'Get-PSProvider',
        'Get-Process',
        'Get-Service',
        'Get-TimeZone',
        'Invoke-Item',
        'Join-Path',
        'Move-Item',
        'New-Item',
        'New-PSDrive',
        'Pop-Location',
        'Push-Location',
        'Remove-Item',
        'Remove-PSDrive',
        'Rename-Item',
        'Resolve-Path',
        'Set-Content',
        'Set-Item',
        'Set-ItemProperty',
        'Set-Location',
        'Split-Path',
        'Start-Process',
        'Stop-Process',
        'Test-Path',
        'Wait-Process'
    )
    FunctionsToExport = @()
    AliasesToExport = @()
    VariablesToExport = @()
}
