@{
    # The name is that of the module whose commands these stand in for: the engine itself calls them by it, in completion and in the
    # tables it shows.
    ModuleVersion = '7.0.0.0'
    GUID = '5a9b0d0c-0a0e-4b7c-9c0f-7d2f1c5f9b11'
    Author = 'PSDeck'
    CompanyName = 'PSDeck'
    Description = 'PSDeck''s reduced engine: stand-ins for everyday commands on objects, text and the host.'
    PowerShellVersion = '7.0'
    CompatiblePSEditions = @('Core')
    NestedModules = @('../../engine.dll')
    CmdletsToExport = @(
        'Add-Member',
        'Clear-Variable',
        'Compare-Object',
        'ConvertFrom-Csv',
        'ConvertFrom-Json',
        'ConvertTo-Csv',
        'ConvertTo-Json',
        'Export-Clixml',
        'Export-Csv',
        'Format-Custom',
        'Format-List',
        'Format-Table',
        'Format-Wide',
        'Get-Alias',
        'Get-Culture',
        'Get-Date',
        'Get-FileHash',
        'Get-Host',
        'Get-Member',
        'Get-PSCallStack',
        'Get-Random',
        'Get-UICulture',
        'Get-Unique',
        'Get-Uptime',
        'Get-Variable',
        'Get-Verb',
        'Group-Object',
        'Import-Clixml',
        'Import-Csv',
        'Invoke-Expression',
        'Measure-Command',
        'Measure-Object',
        'New-Alias',
        'New-Guid',
        'New-Object',
        'New-TimeSpan',
        'New-Variable',
        'Out-File',
        'Out-String',
        'Read-Host',
        'Remove-Alias',
        'Remove-Variable',
        'Select-Object',
        'Select-String',
        'Set-Alias',
        'Set-Variable',
        'Sort-Object',
        'Start-Sleep',
        'Tee-Object',
        'Wait-Debugger',
        'Write-Debug',
        'Write-Error',
        'Write-Host',
        'Write-Information',
        'Write-Output',
        'Write-Progress',
        'Write-Verbose',
        'Write-Warning'
    )
    FunctionsToExport = @()
    AliasesToExport = @()
    VariablesToExport = @()
}
