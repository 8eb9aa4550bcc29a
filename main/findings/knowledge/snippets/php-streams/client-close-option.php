<?php
// file_get_contents sends Connection: close with every request; a curl handle keeps its connection.
$curl = curl_init();
curl_setopt($curl, CURLOPT_RETURNTRANSFER, true);
foreach (['/a', '/b'] as $path) {
    curl_setopt($curl, CURLOPT_URL, 'https://api.example' . $path);
    $body = curl_exec($curl);
}
