require 'net/http/persistent'

http = Net::HTTP::Persistent.new(name: 'app', pool_size: 64)
http.idle_timeout = 30 # default 5 s; below the server's timeout
response = http.request(URI('https://api.example/a'))
puts response.code
