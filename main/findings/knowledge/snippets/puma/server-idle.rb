# config/puma.rb
persistent_timeout 75 # seconds; default 65, 20 before Puma 7
