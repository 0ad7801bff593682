import { describe, expect, test } from 'vitest';
import { mayHoldSecret } from '../../../electron/sessions/history-secrets.ts';

describe('PSReadLine’s rule for its history file', () => {
  // about_PSReadLine, “Command History”: what it says may be written, and what may not.
  test.each([
    'Get-Secret PSGalleryApiKey -AsPlainText # Get-Secret is in the allowlist'.replace(/ #.*/, ''),
    '$token = Get-Secret -Name github-token -Vault MySecret',
    '[MyType]::CallRestAPI($token, $url, $args)',
    '$template -f $token',
    '$a.Secret = Get-Secret -Name github-token -Vault MySecret',
    '$a.Secret = $secret',
    '$a.Password.Secret | Set-Value',
    "$token = (Get-AzAccessToken -ResourceUrl 'https://app.contoso.com').Token",
    'kubectl get secrets',
    "kubectl get secret db-user-pass -o jsonpath='{.data.password}' | base64 --decode",
    'kubectl describe secret db-user-pass',
    'az account get-access-token --resource=https://app.contoso.com --query accessToken --output tsv',
    '$env:PGPASS = gcloud auth print-access-token',
  ])('writes %s', (line) => {
    expect(mayHoldSecret(line)).toBe(false);
  });

  test.each([
    "$token = 'abcd'",
    'Set-Secret abc $mySecret',
    'ConvertTo-SecureString stringValue -AsPlainText',
    'Invoke-WebRequest -Token xxx',
    'Get-ResultFromTwo -Secret1 (Get-Secret -Name blah -AsPlainText) -Secret2 sdv87ysdfayf798hfasd8f7ha',
  ])('never writes %s', (line) => {
    expect(mayHoldSecret(line)).toBe(true);
  });

  test.each([
    ['Get-ChildItem', false],
    ['Connect-Thing -UseDefaultPassword', false],
    ['Invoke-WebRequest -Token $token', false],
    ['Invoke-WebRequest -Token (Get-Secret x)', false],
    ['Invoke-WebRequest -Token ("abc")', true],
    ['$password, $user = "a", "b"', true],
    ['$x.Password = "abc"', true],
    ['"Bearer $token"', false],
    ['"my password is abc"', true],
    ['net user ada Password1', true],
    ['# password: abc', true],
    ['$secret = "unfinished', true],
    ['cmd --password=abc', true],
    ['& { param($apikey) $apikey } abc', false],
    ['PASSWORD', true],
  ])('%s', (line, secret) => {
    expect(mayHoldSecret(line)).toBe(secret);
  });
});
