require 'net/http'

# A started session keeps its connection; Net::HTTP.get opens one for each call.
Net::HTTP.start('api.example', 443, use_ssl: true, keep_alive_timeout: 30) do |http|
  %w[/a /b].each do |path|
    response = http.get(path)
    puts response.code
  end
end
