<?php
// One handle for many requests: it keeps the connection.
$curl = curl_init();
curl_setopt($curl, CURLOPT_RETURNTRANSFER, true);
foreach (['/a', '/b'] as $path) {
    curl_setopt($curl, CURLOPT_URL, 'https://api.example' . $path);
    $body = curl_exec($curl);
}

// From PHP 8.5 connections can outlive the PHP request.
if (function_exists('curl_share_init_persistent')) {
    $share = curl_share_init_persistent([CURL_LOCK_DATA_CONNECT]);
    curl_setopt($curl, CURLOPT_SHARE, $share);
}
